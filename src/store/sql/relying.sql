-- store: hall

-- name: relying_add
INSERT INTO relying_app (id, name, url, secret, old_until, salt, events, products, subject, state,
	created)
VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, 'on', $9) ON CONFLICT (name) DO NOTHING;

-- name: relying_list
SELECT a.id, a.name, a.url, a.secret, a.old_until, a.salt, a.events, a.products, a.subject, a.state,
	a.created, (SELECT COUNT(*) FROM relying_delivery d WHERE d.app = a.id),
	(SELECT COALESCE(MAX(o.done_at), 0) FROM relying_delivery d
		JOIN outbox o ON o.idem_key = 'hook:' || d.id
		WHERE d.app = a.id AND o.state = 'done')
FROM relying_app a ORDER BY a.created, a.id;

-- name: relying_hearers
SELECT id, name, url, secret, old_until, salt, events, products, subject, state, created, 0, 0
FROM relying_app
WHERE state = 'on' AND events LIKE '%,' || $1 || ',%'
	AND (products = '' OR products LIKE '%,' || $2 || ',%');

-- name: relying_get
SELECT id, name, url, secret, old_until, salt, events, products, subject, state, created, 0, 0
FROM relying_app WHERE id = $1;

-- name: relying_secret_set
UPDATE relying_app SET secret = $2, old_until = $3 WHERE id = $1;

-- name: relying_state_set
UPDATE relying_app SET state = $2 WHERE id = $1 AND state <> $2;

-- name: relying_remove
DELETE FROM relying_app WHERE id = $1;

-- name: relying_delivery_drop_all
DELETE FROM relying_delivery WHERE app = $1;

-- name: relying_outbox_drop
UPDATE outbox SET state = 'dropped'
WHERE kind = 'webhook' AND ref = $1 AND state IN ('waiting', 'dead', 'failed', 'unknown');

-- name: relying_delivery_add
INSERT INTO relying_delivery (id, app, event, serial, body, created) VALUES ($1, $2, $3, $4, $5, $6);

-- name: relying_deliveries
SELECT d.id, d.event, d.serial, d.created, COALESCE(o.state, ''), COALESCE(o.attempts, 0),
	COALESCE(o.last_error, ''), COALESCE(o.done_at, 0)
FROM relying_delivery d LEFT JOIN outbox o ON o.idem_key = 'hook:' || d.id
WHERE d.app = $1 ORDER BY d.created DESC, d.id LIMIT 50;

-- name: relying_delivery_get
SELECT d.event, d.body, o.id, o.state FROM relying_delivery d
	JOIN outbox o ON o.idem_key = 'hook:' || d.id
WHERE d.app = $1 AND d.id = $2;

-- name: relying_outbox_again
UPDATE outbox SET state = 'waiting', payload = $2, attempts = 0, next_at = $3, created = $3,
	done_at = 0, last_error = ''
WHERE id = $1 AND state IN ('done', 'dead', 'failed', 'unknown', 'dropped');

-- name: relying_delivery_prune
DELETE FROM relying_delivery WHERE created < $1;
