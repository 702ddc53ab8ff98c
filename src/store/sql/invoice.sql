-- store: hall

-- name: invoice_insert
INSERT INTO invoice (id, no, account, state, version, attempt, kind, title, buyer, items, amount, tax,
	code, number, red_number, reason, file, replaces, undo, created, issued_at, reversed_at)
VALUES ($1, $2, $3, $4, 1, 1, $5, $6, $7, $8, $9, 0, '', '', '', '', '', $10, 0, $11, 0, 0);

-- name: invoice_by_no
SELECT id, no, account, state, version, attempt, kind, title, buyer, items, amount, tax, code, number,
	red_number, reason, file, replaces, undo, created, issued_at, reversed_at, red_reason
FROM invoice WHERE no = $1;

-- name: invoice_by_id
SELECT id, no, account, state, version, attempt, kind, title, buyer, items, amount, tax, code, number,
	red_number, reason, file, replaces, undo, created, issued_at, reversed_at, red_reason
FROM invoice WHERE id = $1;

-- name: invoice_waiting_for
SELECT id, no, account, state, version, attempt, kind, title, buyer, items, amount, tax, code, number,
	red_number, reason, file, replaces, undo, created, issued_at, reversed_at, red_reason
FROM invoice WHERE replaces = $1 AND state = 'waiting';

-- name: invoice_of_order
SELECT id, no, account, state, version, attempt, kind, title, buyer, items, amount, tax, code, number,
	red_number, reason, file, replaces, undo, created, issued_at, reversed_at, red_reason
FROM invoice WHERE id IN (SELECT invoice_id FROM invoice_order WHERE order_id = $1)
ORDER BY created DESC, id DESC LIMIT 20;

-- name: invoice_of_account
SELECT id, no, account, state, version, attempt, kind, title, buyer, items, amount, tax, code, number,
	red_number, reason, file, replaces, undo, created, issued_at, reversed_at, red_reason
FROM invoice WHERE account = $1 ORDER BY created DESC, id DESC LIMIT $2 OFFSET $3;

-- name: invoice_count_account
SELECT COUNT(*) FROM invoice WHERE account = $1;

-- name: invoice_work
SELECT id, no, account, state, version, attempt, kind, title, buyer, items, amount, tax, code, number,
	red_number, reason, file, replaces, undo, created, issued_at, reversed_at, red_reason
FROM invoice
WHERE $1 LIKE '%,' || state || ',%'
	AND ($2 = '' OR no = $2 OR number = $2 OR title = $2
		OR id IN (SELECT i.invoice_id FROM invoice_order i JOIN orders o ON o.id = i.order_id
			WHERE o.no = $2))
ORDER BY created DESC, id DESC LIMIT $3 OFFSET $4;

-- name: invoice_count_work
SELECT COUNT(*) FROM invoice
WHERE $1 LIKE '%,' || state || ',%'
	AND ($2 = '' OR no = $2 OR number = $2 OR title = $2
		OR id IN (SELECT i.invoice_id FROM invoice_order i JOIN orders o ON o.id = i.order_id
			WHERE o.no = $2));

-- name: invoice_save
UPDATE invoice SET state = $3, version = version + 1, attempt = $4, kind = $5, title = $6, buyer = $7,
	items = $8, amount = $9, tax = $10, code = $11, number = $12, red_number = $13,
	reason = $14, file = $15, undo = $16, issued_at = $17, reversed_at = $18, red_reason = $19
WHERE id = $1 AND version = $2;

-- name: invoice_order_add
INSERT INTO invoice_order (invoice_id, order_id, amount) VALUES ($1, $2, $3);

-- name: invoice_order_drop
DELETE FROM invoice_order WHERE invoice_id = $1 AND order_id = $2;

-- name: invoice_orders
SELECT i.order_id, i.amount, o.no, o.subject, o.product FROM invoice_order i
JOIN orders o ON o.id = i.order_id WHERE i.invoice_id = $1 ORDER BY o.created, o.id;

-- name: invoice_claim_add
INSERT INTO invoice_claim (order_id, invoice_id) VALUES ($1, $2) ON CONFLICT (order_id) DO NOTHING;

-- name: invoice_claim_get
SELECT invoice_id FROM invoice_claim WHERE order_id = $1;

-- name: invoice_claim_drop
DELETE FROM invoice_claim WHERE invoice_id = $1;

-- name: invoice_claim_drop_order
DELETE FROM invoice_claim WHERE order_id = $1;

-- name: invoice_may
SELECT o.no FROM orders o
WHERE o.account = $1 AND o.amount > 0 AND o.paid >= o.amount AND o.created >= $2
	AND o.state <> 'cancelled' AND o.state <> 'refunding' AND o.state <> 'draft'
	AND NOT EXISTS (SELECT 1 FROM invoice_claim c WHERE c.order_id = o.id)
ORDER BY o.created DESC LIMIT 200;
