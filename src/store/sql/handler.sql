-- store: hall

-- name: handler_orders
SELECT id FROM orders WHERE account = $1 AND subject = $2 ORDER BY id LIMIT 1000;

-- name: handler_holders
SELECT c.order_id, c.account FROM certificate c JOIN orders o ON o.id = c.order_id
WHERE o.subject = $1 AND c.kind = 'sign' AND c.state <> 'revoked' AND c.account <> $2
ORDER BY c.created DESC LIMIT 1000;

-- name: handler_certificates
SELECT COUNT(*) FROM certificate WHERE order_id = $1 AND kind = 'sign' AND state <> 'revoked';

-- name: order_account_set
UPDATE orders SET account = $2 WHERE id = $1 AND account = $3;

-- name: certificate_account_set
UPDATE certificate SET account = $2 WHERE order_id = $1;

-- name: medium_account_move
UPDATE medium SET account = $2
WHERE account = $3 AND serial IN (SELECT serial FROM medium_pair WHERE order_id = $1);

-- name: fetch_session_drop_order
DELETE FROM fetch_session WHERE order_id = $1;

-- name: session_drop_key
DELETE FROM session
WHERE kind = 0 AND owner = $1 AND serial IN (SELECT serial FROM certificate WHERE order_id = $2);

-- name: subject_list
SELECT o.subject, COUNT(*),
	SUM(CASE WHEN o.state <> 'done' AND o.state <> 'cancelled' THEN 1 ELSE 0 END),
	(SELECT COUNT(*) FROM certificate c JOIN orders x ON x.id = c.order_id
		WHERE x.subject = o.subject AND c.account = $1 AND c.kind = 'sign'
			AND c.state = 'good' AND c.not_after >= $3),
	(SELECT COALESCE(MIN(c.not_after), 0) FROM certificate c JOIN orders x ON x.id = c.order_id
		WHERE x.subject = o.subject AND c.account = $1 AND c.kind = 'sign'
			AND c.state = 'good' AND c.not_after >= $3)
FROM orders o WHERE o.account = $1 AND o.subject <> '' AND ($2 = '' OR o.subject LIKE $2)
GROUP BY o.subject ORDER BY o.subject LIMIT $4 OFFSET $5;

-- name: subject_count
SELECT COUNT(DISTINCT subject) FROM orders
WHERE account = $1 AND subject <> '' AND ($2 = '' OR subject LIKE $2);

-- name: subject_certificates
SELECT o.no, o.subject, o.user_name, c.serial, c.not_before, c.not_after, c.state, o.product
FROM certificate c JOIN orders o ON o.id = c.order_id
WHERE c.account = $1 AND o.subject = $2 AND c.kind = 'sign'
ORDER BY c.created DESC LIMIT 200;

-- name: handover_add
INSERT INTO handover (id, no, from_account, to_account, subject, subject_id, state, created, ended)
VALUES ($1, $2, $3, $4, $5, $6, 'offered', $7, 0);

-- name: handover_get
SELECT id, no, from_account, to_account, subject, subject_id, state, created FROM handover
WHERE no = $1 AND (from_account = $2 OR to_account = $2);

-- name: handover_any
SELECT id, no, from_account, to_account, subject, subject_id, state, created FROM handover
WHERE no = $1;

-- name: handover_all
SELECT no, subject, state, created, ended FROM handover
WHERE $1 = '' OR state = $1 ORDER BY created DESC, no LIMIT $2;

-- name: handover_end
UPDATE handover SET state = $2, ended = $3 WHERE id = $1 AND state = 'offered';

-- name: handover_expire
UPDATE handover SET state = 'ended', ended = $2
WHERE state = 'offered' AND created <= $1;

-- name: handover_list
SELECT no, subject, from_account, created FROM handover
WHERE (from_account = $1 OR to_account = $1) AND state = 'offered' AND created > $2
ORDER BY created DESC LIMIT 50;
