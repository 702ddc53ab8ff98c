-- store: kmc

-- name: unlock_add
INSERT INTO unlock (serial, challenge, ref, officer, statement, signature, expires, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: unlock_by_challenge
SELECT statement, expires FROM unlock WHERE serial = $1 AND challenge = $2

-- name: device_add
INSERT INTO device (serial, sign_point, given) VALUES ($1, $2, $3) ON CONFLICT (serial) DO NOTHING

-- name: device_get
SELECT sign_point FROM device WHERE serial = $1
