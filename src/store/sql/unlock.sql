-- store: kmc

-- name: unlock_add
INSERT INTO unlock (serial, challenge, ref, officer, statement, signature, expires, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: unlock_by_challenge
SELECT statement, expires FROM unlock WHERE serial = $1 AND challenge = $2
