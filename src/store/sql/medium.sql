-- store: hall

-- name: medium_add
INSERT INTO medium (serial, account, first_written) VALUES ($1, $2, $3)
ON CONFLICT (serial) DO NOTHING;

-- name: medium_account
SELECT account FROM medium WHERE serial = $1;

-- name: medium_pair_set
INSERT INTO medium_pair (order_id, serial, written) VALUES ($1, $2, $3)
ON CONFLICT (order_id) DO UPDATE SET serial = excluded.serial, written = excluded.written;

-- name: medium_of_order
SELECT p.serial FROM medium_pair p JOIN medium m ON m.serial = p.serial
	JOIN orders o ON o.id = p.order_id AND o.account = m.account
WHERE p.order_id = $1;

-- name: medium_orders
SELECT o.no, o.subject, p.written FROM medium_pair p JOIN orders o ON o.id = p.order_id
WHERE p.serial = $1 ORDER BY p.written;

-- name: medium_release
DELETE FROM medium WHERE serial = $1;

-- name: proof_link_set
INSERT INTO proof_link (order_id, digest, created) VALUES ($1, $2, $3)
ON CONFLICT (order_id) DO UPDATE SET digest = excluded.digest, created = excluded.created;

-- name: proof_link_get
SELECT digest, created FROM proof_link WHERE order_id = $1;

-- name: proof_link_drop
DELETE FROM proof_link WHERE order_id = $1;
