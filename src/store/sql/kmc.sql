-- store: kmc

-- name: key_officer_by_serial
SELECT name, der, active, may FROM key_officer WHERE serial = $1

-- name: key_officer_put
INSERT INTO key_officer (serial, name, der, active, created, ended, may)
VALUES ($1, $2, $3, 1, $4, 0, $5)
ON CONFLICT (serial) DO UPDATE SET active = 1, ended = 0, may = excluded.may

-- name: key_officer_end
UPDATE key_officer SET active = 0, ended = $2 WHERE serial = $1 AND active = 1

-- name: key_officer_list
SELECT serial, name, active, created, ended, may FROM key_officer ORDER BY created, serial

-- name: recovery_by_ref
SELECT statement, sign_point FROM recovery WHERE ref = $1

-- name: recovery_add
INSERT INTO recovery (ref, kind, serial, escrow, officer, second, document, receiver, sign_point,
	statement, signature, second_signature, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
