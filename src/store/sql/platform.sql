-- store: hall

-- name: platform_get
SELECT issuer, authorize, names_itself, at, tried, reason FROM platform WHERE id = $1;

-- name: platform_try
INSERT INTO platform (id, issuer, authorize, names_itself, at, tried, reason)
VALUES ($1, $2, '', 0, 0, $3, '')
ON CONFLICT (id) DO UPDATE SET tried = excluded.tried, reason = '';

-- name: platform_learn
UPDATE platform SET issuer = $2, authorize = $3, names_itself = $4, at = $5, reason = ''
WHERE id = $1;

-- name: platform_fail
UPDATE platform SET reason = $2 WHERE id = $1;

-- name: platform_entry_add
INSERT INTO platform_entry (digest, ref, platform, state, secrets, claims, reason, created)
VALUES ($1, $2, $3, 'begun', $4, NULL, '', $5);

-- name: platform_entry_get
SELECT ref, platform, state, secrets, claims, reason, created FROM platform_entry
WHERE digest = $1;

-- name: platform_entry_by_ref
SELECT platform, state FROM platform_entry WHERE ref = $1;

-- name: platform_entry_move
UPDATE platform_entry SET state = $3, reason = $4 WHERE ref = $1 AND state = $2;

-- name: platform_entry_know
UPDATE platform_entry SET state = 'known', claims = $2 WHERE ref = $1 AND state = 'asked';

-- name: platform_entry_expire
DELETE FROM platform_entry WHERE created < $1 OR created > $2;

-- name: platform_user_get
SELECT account, facts FROM platform_user WHERE platform = $1 AND subject = $2;

-- name: platform_user_add
INSERT INTO platform_user (platform, subject, account, facts, since, seen)
VALUES ($1, $2, $3, $4, $5, $5);

-- name: platform_user_seen
UPDATE platform_user SET facts = $3, seen = $4 WHERE platform = $1 AND subject = $2;

-- name: platform_user_of
SELECT platform, facts, since, seen FROM platform_user WHERE account = $1
ORDER BY seen DESC, platform;

-- name: platform_user_drop
DELETE FROM platform_user WHERE account = $1 AND platform = $2;

-- name: order_new_open
SELECT id FROM orders
WHERE account = $1 AND op = 'new' AND state IN ('draft', 'submitted', 'reviewing', 'returned')
ORDER BY created LIMIT 500;
