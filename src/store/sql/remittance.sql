-- store: hall

-- name: remittance_insert
INSERT INTO remittance (id, no, order_id, purpose, payee, fen, state, bank_no, reason, created,
	updated, paid_at)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', '', '', $7, $7, 0);

-- name: remittance_by_no
SELECT no, order_id, purpose, payee, fen, state, bank_no, reason, created, updated, paid_at
FROM remittance WHERE no = $1;

-- name: remittance_newest
SELECT no, order_id, purpose, payee, fen, state, bank_no, reason, created, updated, paid_at
FROM remittance WHERE order_id = $1 AND purpose = $2 ORDER BY created DESC, id DESC LIMIT 1;

-- name: remittance_list
SELECT r.no, r.order_id, r.purpose, r.payee, r.fen, r.state, r.bank_no, r.reason, r.created,
	r.updated, r.paid_at, o.no
FROM remittance r JOIN orders o ON o.id = r.order_id
WHERE ($1 = '' OR r.state = $1) ORDER BY r.created DESC, r.id DESC LIMIT 200;

-- name: remittance_save
UPDATE remittance SET state = $3, bank_no = $4, reason = $5, updated = $6, paid_at = $7
WHERE no = $1 AND state = $2;

-- name: remittance_paid_between
SELECT no, fen FROM remittance
WHERE paid_at >= $1 AND paid_at < $2 AND state <> 'returned' ORDER BY no;
