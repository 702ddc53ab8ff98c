-- store: hall

-- name: account_insert
INSERT INTO account (id, mobile, mobile_digest, mail, mail_digest, login_name, password, active,
	created)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8);

-- name: account_by_mobile
SELECT id, password, active, mobile FROM account WHERE mobile_digest = $1;

-- name: account_by_mail
SELECT id, password, active, mobile, mail_proved FROM account WHERE mail_digest = $1;

-- name: account_by_login_name
SELECT id, password, active, mobile FROM account WHERE login_name = $1;

-- name: account_by_id
SELECT mobile, mail, login_name, password, active, created, sign_in_notice,
	mail_proved
FROM account WHERE id = $1;

-- name: account_password_set
UPDATE account SET password = $2 WHERE id = $1;

-- name: account_mail_set
UPDATE account SET mail = $2, mail_digest = $3, mail_proved = $4 WHERE id = $1;

-- name: account_mobile_set
UPDATE account SET mobile = $2, mobile_digest = $3 WHERE id = $1;

-- name: session_list
SELECT s.digest, s.serial, s.address, s.started, s.seen, o.product, s.way
FROM session s LEFT JOIN certificate c ON c.serial = s.serial
	LEFT JOIN orders o ON o.id = c.order_id
WHERE s.kind = $1 AND s.owner = $2 AND s.ends > $3
ORDER BY s.seen DESC, s.started DESC LIMIT 50;

-- name: session_insert
INSERT INTO session (digest, kind, owner, serial, address, started, seen, ends, way)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8);

-- name: session_get
SELECT kind, owner, serial, started, seen, ends FROM session WHERE digest = $1;

-- name: session_seen
UPDATE session SET seen = $2 WHERE digest = $1;

-- name: session_drop
DELETE FROM session WHERE digest = $1;

-- name: session_drop_all
DELETE FROM session WHERE kind = $1 AND owner = $2 AND digest <> $3;

-- name: session_expire
DELETE FROM session WHERE ends < $1;

-- name: staff_insert
INSERT INTO staff (id, name, serial, roles, active, created) VALUES ($1, $2, $3, $4, 1, $5);

-- name: staff_set
UPDATE staff SET roles = $2, active = $3 WHERE id = $1;

-- name: staff_by_id
SELECT name, serial, roles, active FROM staff WHERE id = $1;

-- name: staff_by_serial
SELECT id, roles, active FROM staff WHERE serial = $1;

-- name: staff_list
SELECT id, name, serial, roles, active FROM staff ORDER BY created;

-- name: code_set
INSERT INTO code (purpose, target, digest, tries, created) VALUES ($1, $2, $3, 0, $4)
ON CONFLICT (purpose, target) DO UPDATE SET digest = excluded.digest, tries = 0,
	created = excluded.created;

-- name: code_try
UPDATE code SET tries = tries + 1
WHERE purpose = $1 AND target = $2 AND tries < $3 AND created > $4 AND created <= $5
RETURNING digest, tries;

-- name: code_drop
DELETE FROM code WHERE purpose = $1 AND target = $2;

-- name: captcha_set
INSERT INTO captcha (id, digest, created) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, created = excluded.created;

-- name: captcha_take
DELETE FROM captcha WHERE id = $1 RETURNING digest, created;

-- name: captcha_expire
DELETE FROM captcha WHERE created < $1;

-- name: code_expire
DELETE FROM code WHERE created < $1 OR created > $2;

-- name: limit_expire
DELETE FROM guess_limit WHERE started < $1 OR started > $2;

-- name: limit_hit
INSERT INTO guess_limit (digest, started, hits) VALUES ($1, $2, 1)
ON CONFLICT (digest) DO UPDATE SET
	hits = CASE WHEN guess_limit.started <= $3 THEN 1 ELSE guess_limit.hits + 1 END,
	started = CASE WHEN guess_limit.started <= $3 THEN excluded.started
		ELSE guess_limit.started END
RETURNING started, hits;

-- name: limit_get
SELECT started, hits FROM guess_limit WHERE digest = $1;

-- name: limit_drop
DELETE FROM guess_limit WHERE digest = $1;

-- name: challenge_insert
INSERT INTO challenge (id, body, created) VALUES ($1, $2, $3);

-- name: challenge_take
DELETE FROM challenge WHERE id = $1 RETURNING body, created;

-- name: challenge_expire
DELETE FROM challenge WHERE created < $1;

-- name: order_any_by_mobile
SELECT no FROM orders WHERE mobile_digest = $1 LIMIT 1;

-- name: account_hold
-- Held until the transaction ends: who asks at the same moment waits.
UPDATE account SET id = id WHERE id = $1;
