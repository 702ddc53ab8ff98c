-- store: hall

-- name: reminder_due
SELECT c.serial, c.order_id, c.not_after, c.account FROM certificate c
WHERE c.kind = 'sign' AND c.state = 'good' AND c.not_after >= $1 AND c.not_after < $2
	AND NOT EXISTS (SELECT 1 FROM reminder r WHERE r.serial = c.serial AND r.days = $3)
	AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.replaces = c.serial
		AND o.state <> 'cancelled')
ORDER BY c.account, c.not_after LIMIT $4;

-- name: reminder_add
INSERT INTO reminder (serial, days, at) VALUES ($1, $2, $3);

-- name: reminder_list
SELECT days, at FROM reminder WHERE serial = $1 ORDER BY at DESC LIMIT 50;

-- name: reminder_day_add
INSERT INTO reminder_day (account, mobile, day) VALUES ($1, $2, $3)
ON CONFLICT (account, mobile, day) DO NOTHING;
