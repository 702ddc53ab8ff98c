-- store: hall

-- As order_from_row reads them.
-- part: order_columns
id, no, account, product, op, state, version, form, steps, collection, user_name,
	subject, years, amount, paid, reviewer, claimed, maker, created, updated, submitted,
	decided, done, replaces, concerns, seal_fen

-- What a list shows: states, products, number, words, new or not, paid or not, operation.
-- part: order_wanted
$2 LIKE '%,' || state || ',%'
	AND ($3 = '' OR $3 LIKE '%,' || product || ',%')
	AND ($4 = '' OR no = $4)
	AND ($5 = '' OR subject LIKE $5 OR user_name LIKE $5)
	AND ($6 = 0 OR (op = 'new' AND $6 = 1) OR (op <> 'new' AND $6 = 2))
	AND ($7 = 0 OR (amount > 0 AND paid >= amount AND $7 = 1) OR (paid < amount AND $7 = 2)
		OR (amount = 0 AND $7 = 3))
	AND ($8 = '' OR op = $8)

-- name: order_insert
INSERT INTO orders (id, no, account, product, op, state, version, form, steps, collection,
	user_name, subject, mobile_digest, years, amount, paid, reviewer, claimed, maker,
	created, updated, submitted, decided, done, replaces, concerns)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0, 0, 0,
	$15, $15, 0, 0, 0, $16, $17);

-- name: order_replacing
SELECT no, op, state FROM orders WHERE replaces = $1 AND state <> 'cancelled' ORDER BY created DESC LIMIT 1;

-- name: order_concerning
SELECT no, op, state FROM orders WHERE concerns = $1 AND state <> 'done' AND state <> 'cancelled';

-- name: order_by_no
SELECT @order_columns
FROM orders WHERE no = $1;

-- name: order_by_id
SELECT @order_columns
FROM orders WHERE id = $1;

-- name: order_save
UPDATE orders SET state = $4, version = version + 1, form = $5, steps = $6, collection = $7,
	user_name = $8, subject = $9, mobile_digest = $10, years = $11, amount = $12, paid = $13,
	reviewer = $14, claimed = $15, maker = $16, updated = $17, submitted = $18,
	decided = $19, done = $20, seal_fen = $21
WHERE id = $1 AND version = $2 AND state = $3;

-- name: order_hold
UPDATE orders SET version = version WHERE id = $1 AND version = $2;

-- name: order_untouched
SELECT no FROM orders
WHERE account = $1 AND product = $2 AND op = 'new' AND state = 'draft' AND years = 0
	AND created > $3
ORDER BY created DESC LIMIT 1;

-- name: order_once
-- What this account has of the product: an application under way or a valid certificate.
SELECT no FROM orders
WHERE account = $1 AND product = $2
	AND ((op = 'new' AND state NOT IN ('done', 'refunding', 'cancelled'))
		OR EXISTS (SELECT 1 FROM certificate
			WHERE order_id = orders.id AND kind = 'sign' AND certificate.state <> 'revoked'
				AND not_after > $3))
ORDER BY created DESC LIMIT 1;

-- name: order_list
-- An account's, by its index; order_list_all is the system's.
SELECT @order_columns
FROM orders
WHERE account = $1
	AND @order_wanted
ORDER BY created DESC LIMIT $9 OFFSET $10;

-- name: order_list_count
SELECT COUNT(*) FROM orders
WHERE account = $1
	AND @order_wanted;

-- name: order_list_all
SELECT @order_columns
FROM orders
WHERE $1 = 0
	AND @order_wanted
ORDER BY created DESC LIMIT $9 OFFSET $10;

-- name: order_list_all_count
SELECT COUNT(*) FROM orders
WHERE $1 = 0
	AND @order_wanted;

-- name: order_work
SELECT @order_columns
FROM orders WHERE state = $1 ORDER BY submitted LIMIT $2;

-- name: order_count_states
SELECT state, product, COUNT(*) FROM orders WHERE account = $1 GROUP BY state, product;

-- name: order_by_mobile
SELECT no FROM orders WHERE no = $1 AND mobile_digest = $2;

-- name: order_of_mobile
SELECT id FROM orders WHERE mobile_digest = $1 ORDER BY created DESC LIMIT $2;

-- name: order_of_agent
SELECT id FROM orders WHERE account = $1 AND mobile_digest = $2 AND state <> 'cancelled' LIMIT $3;

-- name: order_event_insert
INSERT INTO order_event (id, order_id, at, actor, actor_id, address, what, from_state, to_state,
	note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: order_event_list
SELECT at, actor, what, from_state, to_state, note FROM order_event
WHERE order_id = $1 ORDER BY at, id;

-- name: user_name_take
INSERT INTO user_name (name, order_id) VALUES ($1, $2);

-- name: user_name_drop
DELETE FROM user_name WHERE order_id = $1;

-- name: user_name_owner
SELECT order_id FROM user_name WHERE name = $1;

-- name: consent_insert
INSERT INTO consent (id, order_id, account, agreement, version, digest, at, address, agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: consent_list
SELECT agreement, version, digest, at, address FROM consent WHERE order_id = $1 ORDER BY at, id;

-- name: return_insert
INSERT INTO order_return (id, order_id, staff, reasons, at) VALUES ($1, $2, $3, $4, $5);

-- name: return_newest
SELECT reasons, at FROM order_return WHERE order_id = $1 ORDER BY at DESC, id DESC LIMIT 1;
