-- store: hall

-- name: sign_in_add
INSERT INTO sign_in (id, account, at, serial, address, place, device, agent, fresh, told,
	way)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: sign_in_seen
SELECT COUNT(*), COALESCE(SUM(CASE WHEN device = $2 THEN 1 ELSE 0 END), 0),
	COALESCE(SUM(CASE WHEN place = $3 THEN 1 ELSE 0 END), 0),
	COALESCE(SUM(CASE WHEN told = 1 AND at > $4 THEN 1 ELSE 0 END), 0)
FROM sign_in WHERE account = $1;

-- name: sign_in_forget
DELETE FROM sign_in WHERE account = $1 AND at < $2;

-- name: sign_in_list
SELECT s.at, s.serial, s.address, s.agent, s.fresh, o.product, s.way
FROM sign_in s LEFT JOIN certificate c ON c.serial = s.serial
	LEFT JOIN orders o ON o.id = c.order_id
WHERE s.account = $1 ORDER BY s.at DESC, s.id DESC LIMIT 20;

-- name: sign_in_notice_set
UPDATE account SET sign_in_notice = $2 WHERE id = $1;
