-- store: kmc

-- name: wrapping_key_retire
UPDATE wrapping_key SET state = 'retiring' WHERE state = 'active'

-- name: wrapping_key_add
INSERT INTO wrapping_key (version, state, created, destroyed) VALUES ($1, 'active', $2, 0)

-- name: wrapping_key_destroyed
UPDATE wrapping_key SET state = 'destroyed', destroyed = $2 WHERE version = $1 AND state = 'retiring'

-- name: wrapping_key_retiring
SELECT version FROM wrapping_key WHERE state = 'retiring' ORDER BY version LIMIT 1

-- name: wrapped_count
SELECT (SELECT count(*) FROM escrow WHERE version = $1 AND state = 'kept') +
	(SELECT count(*) FROM pool WHERE version = $1) +
	(SELECT count(*) FROM secret WHERE version = $1)

-- name: escrow_by_version
SELECT ref, sealed FROM escrow WHERE version = $1 AND state = 'kept' ORDER BY ref LIMIT $2

-- name: escrow_rewrap
UPDATE escrow SET sealed = $2, version = $3 WHERE ref = $1

-- name: pool_by_version
SELECT id, sealed FROM pool WHERE version = $1 ORDER BY id LIMIT $2

-- name: pool_rewrap
UPDATE pool SET sealed = $2, version = $3 WHERE id = $1
