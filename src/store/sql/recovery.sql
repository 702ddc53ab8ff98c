-- store: hall

-- name: key_recovery_draft
INSERT INTO recovery (order_id, version, statement, first, second, first_signature, first_at,
	second_signature, second_at, expires)
VALUES ($1, $2, $3, $4, $5, NULL, 0, NULL, 0, $6)
ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, statement = excluded.statement,
	first = excluded.first, second = excluded.second, expires = excluded.expires
WHERE recovery.first_at = 0;

-- name: key_recovery_get
SELECT r.version, r.statement, r.first, r.second, r.first_signature, r.first_at,
	r.second_signature, r.second_at, r.expires, a.name, b.name
FROM recovery r JOIN staff a ON a.id = r.first JOIN staff b ON b.id = r.second
WHERE r.order_id = $1;

-- name: key_recovery_first
UPDATE recovery SET first_signature = $2, first_at = $3 WHERE order_id = $1 AND first_at = 0;

-- name: key_recovery_second
UPDATE recovery SET second_signature = $2, second_at = $3
WHERE order_id = $1 AND first_at <> 0 AND second_at = 0;

-- name: key_recovery_drop
DELETE FROM recovery WHERE order_id = $1;

-- name: key_recovery_overdue
SELECT o.id FROM recovery r JOIN orders o ON o.id = r.order_id
WHERE r.expires <= $1 AND r.first_at <> 0 AND o.state IN ('countersigning', 'recovering')
ORDER BY r.expires LIMIT 20;

-- name: key_recovery_orders
SELECT @order_columns
FROM orders
WHERE op = 'recover' AND (state IN ('submitted', 'reviewing', 'countersigning', 'recovering')
	OR (state IN ('done', 'cancelled') AND done > $1))
ORDER BY created DESC LIMIT 100;

-- name: certificate_receivers
SELECT c.serial, c.order_id, c.subject, c.not_after, c.der, o.product, k.way
FROM certificate c JOIN orders o ON o.id = c.order_id LEFT JOIN soft_key k ON k.order_id = o.id
WHERE c.account = $1 AND c.kind = 'sign' AND c.state = 'good' AND c.not_after > $2
ORDER BY c.created DESC LIMIT 50;
