-- store: hall

-- name: certificate_insert
INSERT INTO certificate (order_id, kind, account, serial, subject, not_before, not_after, der,
	state, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'good', $9) ON CONFLICT (order_id, kind) DO NOTHING;

-- name: certificate_of_order
SELECT kind, serial, subject, not_before, not_after, der, state FROM certificate
WHERE order_id = $1 ORDER BY kind DESC;

-- name: certificate_by_serial
SELECT account, order_id, state, not_after FROM certificate WHERE serial = $1;

-- name: certificate_list
SELECT o.no, o.subject, o.user_name, c.serial, c.not_before, c.not_after, c.state, o.product
FROM certificate c JOIN orders o ON o.id = c.order_id
WHERE c.account = $1 AND c.kind = 'sign'
	AND (($3 = 1 AND c.state = 'good' AND c.not_after >= $2)
		OR ($3 = 2 AND c.state = 'frozen')
		OR ($3 = 3 AND (c.state = 'revoked' OR (c.state = 'good' AND c.not_after < $2))))
ORDER BY c.created DESC LIMIT 200;

-- name: certificate_count
SELECT COUNT(*), COALESCE(SUM(CASE WHEN not_after < $3 THEN 1 ELSE 0 END), 0)
FROM certificate
WHERE account = $1 AND kind = 'sign' AND state = 'good' AND not_after >= $2;

-- name: authorisation_set
INSERT INTO authorisation (order_id, digest, created) VALUES ($1, $2, $3)
ON CONFLICT (order_id) DO UPDATE SET digest = excluded.digest, created = excluded.created;

-- name: authorisation_get
SELECT digest, created FROM authorisation WHERE order_id = $1;

-- name: authorisation_drop
DELETE FROM authorisation WHERE order_id = $1;

-- name: fetch_session_insert
INSERT INTO fetch_session (digest, order_id, ends) VALUES ($1, $2, $3);

-- name: fetch_session_get
SELECT order_id, ends FROM fetch_session WHERE digest = $1;

-- name: fetch_session_expire
DELETE FROM fetch_session WHERE ends < $1;

-- name: approval_set
INSERT INTO approval (order_id, version, staff, statement, certificate, signature, created, signed)
VALUES ($1, $2, $3, $4, NULL, NULL, $5, 0)
ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, staff = excluded.staff,
	statement = excluded.statement, created = excluded.created
WHERE approval.signed = 0;

-- name: approval_get
SELECT version, staff, statement, certificate, signature, signed FROM approval
WHERE order_id = $1;

-- name: approval_sign
UPDATE approval SET certificate = $2, signature = $3, signed = $4
WHERE order_id = $1 AND signed = 0;

-- name: approval_drop
DELETE FROM approval WHERE order_id = $1;

-- name: delivery_insert
INSERT INTO delivery (id, order_id, company, waybill, receiver, blank, staff, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: delivery_of_order
SELECT company, waybill, receiver, blank, at FROM delivery WHERE order_id = $1 ORDER BY at, id;

-- name: certificate_one
SELECT c.account, c.order_id, c.serial, c.subject, c.not_before, c.not_after, c.der, c.state,
	o.no, o.product
FROM certificate c JOIN orders o ON o.id = c.order_id WHERE c.serial = $1 AND c.kind = 'sign';

-- name: certificate_acts
-- Of its own order, of those that replace it and of those that are about it.
SELECT e.at, e.what, e.actor, e.note, o.no, o.op, o.replaces
FROM (SELECT id, no, op, replaces FROM orders WHERE id = $1
		UNION ALL SELECT id, no, op, replaces FROM orders
			WHERE replaces = $2 AND replaces <> '' AND state <> 'cancelled'
		UNION ALL SELECT id, no, op, replaces FROM orders
			WHERE concerns = $2 AND concerns <> '') o
	JOIN order_event e ON e.order_id = o.id
WHERE e.what IN ('certificates', 'installed', 'certificate_frozen', 'certificate_released',
	'certificate_revoked', 'old_revoked', 'unlocked', 'recovered', 'renew', 'reissue', 'change')
ORDER BY e.at DESC, e.id DESC LIMIT 150;

-- name: certificate_state_set
UPDATE certificate SET state = $2 WHERE order_id = $1 AND state <> $2;

-- name: certificate_search
SELECT c.serial, c.subject, c.not_before, c.not_after, c.state, o.no
FROM certificate c JOIN orders o ON o.id = c.order_id
WHERE c.kind = 'sign' AND ($1 = '' OR c.serial = $1 OR o.no = $1 OR c.subject = $1)
ORDER BY c.created DESC LIMIT 50 OFFSET $2;

-- name: status_change_add
INSERT INTO status_change (id, serial, kind, statement, account, staff, second, signature, state,
	created, done_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, 'drafted', $8, 0);

-- name: status_change_get
SELECT serial, kind, statement, account, staff, second, signature, state, created
FROM status_change WHERE id = $1;

-- name: status_change_first
UPDATE status_change SET signature = $2, state = 'waiting' WHERE id = $1 AND state = 'drafted';

-- name: status_change_done
UPDATE status_change SET state = 'done', done_at = $2 WHERE id = $1 AND state <> 'done';

-- name: status_change_waiting
SELECT s.id, s.serial, s.kind, s.statement, s.staff, s.second, s.created, c.subject, f.name
FROM status_change s JOIN certificate c ON c.serial = s.serial JOIN staff f ON f.id = s.staff
WHERE s.state = 'waiting' ORDER BY s.created LIMIT 100;
