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
INSERT INTO client_ca (id, name, serial, der, active, created, client)
VALUES ($1, $2, $3, $4, 1, $5, $6)
ON CONFLICT (id) DO UPDATE SET active = 1

-- name: client_ca_of
SELECT client FROM client_ca WHERE id = $1

-- name: client_ca_end
UPDATE client_ca SET active = 0 WHERE id = $1 AND active = 1

-- name: client_ca_list
SELECT id, name, serial, active, created, client FROM client_ca ORDER BY created, id

-- name: client_ca_by_serial
SELECT id, der, client FROM client_ca WHERE serial = $1 AND active = 1

-- name: escrow_end
UPDATE escrow SET not_after = $2 WHERE ref = $1 AND (not_after = 0 OR not_after > $2)

-- name: restoration_ask
INSERT INTO restoration (ref, client, serial, sign_point, asked) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (ref) DO UPDATE SET sign_point = excluded.sign_point, asked = excluded.asked

-- name: restoration_get
SELECT sign_point FROM restoration WHERE ref = $1

-- name: restoration_end
DELETE FROM restoration WHERE ref = $1

-- name: restoration_list
SELECT r.client, c.name, r.serial, r.sign_point, r.asked
FROM restoration r JOIN client_ca c ON c.id = r.client ORDER BY r.asked DESC, r.ref LIMIT 200

-- name: restoration_allowed
SELECT ref FROM recovery WHERE escrow = $1 AND sign_point = $2 AND created > $3
ORDER BY created DESC LIMIT 1
