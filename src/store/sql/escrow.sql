-- store: kmc

-- name: escrow_by_ref
SELECT sign_point, enc_point, sealed FROM escrow WHERE ref = $1

-- name: escrow_add
INSERT INTO escrow (ref, sign_point, enc_point, sealed, created) VALUES ($1, $2, $3, $4, $5)

-- name: escrow_count
SELECT count(*) FROM escrow
