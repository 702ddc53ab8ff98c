-- store: hall

-- name: bundle_insert
INSERT INTO bundle (id, no, account, version, created) VALUES ($1, $2, $3, 1, $4);

-- name: bundle_by_no
SELECT id, no, account, version, created FROM bundle WHERE no = $1;

-- name: bundle_by_id
SELECT id, no, account, version, created FROM bundle WHERE id = $1;

-- name: bundle_touch
UPDATE bundle SET version = version + 1 WHERE id = $1 AND version = $2;

-- name: batch_open
SELECT id FROM orders
WHERE account = $1 AND product = $2 AND op = 'new' AND state <> 'done' AND state <> 'cancelled'
	AND state <> 'refunding'
ORDER BY created DESC LIMIT $3;

-- name: bundle_order_add
INSERT INTO bundle_order (order_id, bundle) VALUES ($1, $2);

-- name: bundle_orders
SELECT order_id FROM bundle_order WHERE bundle = $1 ORDER BY order_id;

-- name: bundle_of_order
SELECT b.no FROM bundle_order o JOIN bundle b ON b.id = o.bundle
WHERE o.order_id = $1 AND b.account = $2;

-- name: bundle_of_account
SELECT b.no, b.created, COUNT(*), COALESCE(SUM(CASE WHEN o.state = 'done' THEN 1 ELSE 0 END), 0),
	COALESCE(SUM(CASE WHEN o.state = 'cancelled' THEN 1 ELSE 0 END), 0)
FROM bundle b JOIN bundle_order x ON x.bundle = b.id JOIN orders o ON o.id = x.order_id
WHERE b.account = $1 GROUP BY b.no, b.created ORDER BY b.created DESC LIMIT 20;

-- name: bundle_all
SELECT b.no, b.created, COUNT(*), COALESCE(SUM(CASE WHEN o.state = 'done' THEN 1 ELSE 0 END), 0),
	COALESCE(SUM(CASE WHEN o.state = 'cancelled' THEN 1 ELSE 0 END), 0),
	COALESCE(SUM(CASE WHEN o.paid > 0 THEN 1 ELSE 0 END), 0)
FROM bundle b JOIN bundle_order x ON x.bundle = b.id JOIN orders o ON o.id = x.order_id
GROUP BY b.no, b.created ORDER BY b.created DESC, b.no LIMIT $1;

-- name: bundle_certificates
SELECT c.serial FROM certificate c
WHERE c.account = $1 AND c.kind = 'sign' AND c.state <> 'revoked' AND c.not_after >= $2
ORDER BY c.not_after, c.serial LIMIT $3;

-- name: trade_of_bundle
SELECT id, no, order_id, channel, amount, received, state, version, qr, provider_no, refund_no,
	reason, voucher, voucher_type, remark, created, asked, paid_at, refunded_at, bundle, parent,
	page
FROM trade WHERE bundle = $1 ORDER BY created, id;

-- name: trade_by_id
SELECT id, no, order_id, channel, amount, received, state, version, qr, provider_no, refund_no,
	reason, voucher, voucher_type, remark, created, asked, paid_at, refunded_at, bundle, parent,
	page
FROM trade WHERE id = $1;

-- name: trade_by_refund
SELECT id, no, order_id, channel, amount, received, state, version, qr, provider_no, refund_no,
	reason, voucher, voucher_type, remark, created, asked, paid_at, refunded_at, bundle, parent,
	page
FROM trade WHERE refund_no = $1;

-- name: trade_share_add
INSERT INTO trade_share (trade, order_id, amount) VALUES ($1, $2, $3);

-- name: trade_share_list
SELECT order_id, amount FROM trade_share WHERE trade = $1 ORDER BY order_id;
