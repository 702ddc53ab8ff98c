-- store: kmc

-- name: escrow_by_ref
SELECT ref, sign_point, enc_point, sealed, version, subject, state FROM escrow WHERE ref = $1

-- name: escrow_by_point
SELECT ref, sign_point, enc_point, sealed, version, subject, state FROM escrow
WHERE enc_point = $1

-- name: escrow_add
INSERT INTO escrow (ref, sign_point, enc_point, sealed, version, subject, not_after, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: wrapping_key_list
SELECT version, state, created, destroyed FROM wrapping_key ORDER BY version

-- name: wrapping_key_active
SELECT version FROM wrapping_key WHERE state = 'active'
