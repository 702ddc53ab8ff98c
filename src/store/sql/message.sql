-- store: kmc

-- name: secret_add
INSERT INTO secret (name, sealed, version, certificate, created) VALUES ($1, $2, $3, $4, $5)

-- name: secret_by_name
SELECT sealed, version, certificate FROM secret WHERE name = $1

-- name: secret_by_version
SELECT name, sealed FROM secret WHERE version = $1 ORDER BY name LIMIT $2

-- name: secret_rewrap
UPDATE secret SET sealed = $2, version = $3 WHERE name = $1

-- name: client_ca_put
INSERT INTO client_ca (id, name, serial, der, active, created) VALUES ($1, $2, $3, $4, 1, $5)
ON CONFLICT (id) DO UPDATE SET active = 1

-- name: client_ca_end
UPDATE client_ca SET active = 0 WHERE id = $1 AND active = 1

-- name: client_ca_list
SELECT id, name, serial, active, created FROM client_ca ORDER BY created, id

-- name: client_ca_by_serial
SELECT id, der FROM client_ca WHERE serial = $1 AND active = 1

-- name: escrow_end
UPDATE escrow SET not_after = $2 WHERE ref = $1 AND (not_after = 0 OR not_after > $2)
