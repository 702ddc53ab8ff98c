-- store: kmc

-- name: pool_add
INSERT INTO pool (id, enc_point, sealed, version, created) VALUES ($1, $2, $3, $4, $5)

-- name: pool_take
DELETE FROM pool WHERE id = (SELECT id FROM pool ORDER BY id LIMIT 1)
RETURNING enc_point, sealed, version

-- name: pool_count
SELECT count(*) FROM pool

-- name: escrow_states
SELECT state, count(*) FROM escrow GROUP BY state

-- name: recovery_kinds
SELECT kind, count(*) FROM recovery GROUP BY kind
