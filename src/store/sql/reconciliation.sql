-- store: hall

-- name: reconciliation_set
INSERT INTO reconciliation (channel, day, state, matched, detail, at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (channel, day) DO UPDATE SET state = excluded.state, matched = excluded.matched,
	detail = excluded.detail, at = excluded.at;

-- name: reconciliation_list
SELECT r.channel, r.day, r.state, r.matched, r.detail, r.at,
	(SELECT COUNT(*) FROM reconciliation_row d WHERE d.channel = r.channel AND d.day = r.day),
	(SELECT COUNT(*) FROM reconciliation_row d WHERE d.channel = r.channel AND d.day = r.day
		AND d.state = 'open')
FROM reconciliation r ORDER BY r.day DESC, r.channel LIMIT 62;

-- name: reconciliation_row_add
INSERT INTO reconciliation_row (id, channel, day, kind, trade_no, refund_no, ours, theirs, state,
	note, staff, at, closed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, 0)
ON CONFLICT (channel, day, kind, trade_no, refund_no) DO NOTHING;

-- name: reconciliation_row_drop_open
DELETE FROM reconciliation_row WHERE channel = $1 AND day = $2 AND state = 'open';

-- name: reconciliation_row_open
SELECT id, channel, day, kind, trade_no, refund_no, ours, theirs, at FROM reconciliation_row
WHERE state = 'open' ORDER BY day DESC, id LIMIT 200;

-- name: reconciliation_row_close
UPDATE reconciliation_row SET state = 'closed', note = $2, staff = $3, closed_at = $4
WHERE id = $1 AND state = 'open';

-- name: trade_paid_between
SELECT no, received FROM trade
WHERE channel = $1 AND paid_at >= $2 AND paid_at < $3 AND received > 0 AND parent = 0
ORDER BY no;

-- name: trade_refunded_between
SELECT COALESCE(p.no, t.no), t.refund_no, t.received FROM trade t
	LEFT JOIN trade p ON p.id = t.parent
WHERE t.channel = $1 AND t.refunded_at >= $2 AND t.refunded_at < $3 ORDER BY t.no;
