-- store: hall

-- name: petition_insert
INSERT INTO petition (id, no, token, stop, kind, state, version, account, claimant, subject, body,
	reason, reviewer, second, created, filed, decided, effective, ended)
VALUES ($1, $2, $3, $4, $5, 'draft', 1, $6, $7, $8, $9, '', 0, 0, $10, 0, 0, 0, 0);

-- name: petition_by_no
SELECT id, no, token, stop, kind, state, version, account, claimant, subject, body, reason,
	reviewer, second, created, filed, decided, effective, ended
FROM petition WHERE no = $1;

-- name: petition_by_token
SELECT id, no, token, stop, kind, state, version, account, claimant, subject, body, reason,
	reviewer, second, created, filed, decided, effective, ended
FROM petition WHERE token = $1;

-- name: petition_by_stop
SELECT id, no, token, stop, kind, state, version, account, claimant, subject, body, reason,
	reviewer, second, created, filed, decided, effective, ended
FROM petition
WHERE stop = $1 OR id = (SELECT petition FROM petition_other WHERE petition_other.stop = $1);

-- name: petition_other_add
INSERT INTO petition_other (petition, account, stop) VALUES ($1, $2, $3);

-- name: petition_other_set
UPDATE petition_other SET stop = $3 WHERE petition = $1 AND account = $2;

-- name: petition_save
UPDATE petition SET state = $3, version = version + 1, stop = $4, body = $5, reason = $6,
	reviewer = $7, second = $8, filed = $9, decided = $10, effective = $11, ended = $12,
	account = $13
WHERE id = $1 AND version = $2;

-- name: petition_due
SELECT id, no, token, stop, kind, state, version, account, claimant, subject, body, reason,
	reviewer, second, created, filed, decided, effective, ended
FROM petition WHERE state = 'waiting' AND effective <= $1 ORDER BY effective, id LIMIT 1;

-- name: petition_expire
UPDATE petition SET state = 'expired', version = version + 1, ended = $2
WHERE (state = 'draft' AND created <= $1) OR (state = 'returned' AND decided <= $3);

-- name: petition_list
SELECT id, no, token, stop, kind, state, version, account, claimant, subject, body, reason,
	reviewer, second, created, filed, decided, effective, ended
FROM petition WHERE $1 LIKE '%,' || state || ',%' ORDER BY filed DESC, id LIMIT 200;

-- name: petition_of_account
SELECT id, no, token, stop, kind, state, version, account, claimant, subject, body, reason,
	reviewer, second, created, filed, decided, effective, ended
FROM petition WHERE (state = 'waiting' AND (account = $1
		OR id IN (SELECT petition FROM petition_other WHERE petition_other.account = $1)))
	OR (claimant = $1 AND state <> 'expired')
ORDER BY created DESC LIMIT 50;

-- name: petition_count
SELECT COUNT(*) FROM petition WHERE state = 'reviewing' OR state = 'second';

-- name: petition_picture_set
INSERT INTO petition_picture (petition, kind, blob, type, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (petition, kind) DO UPDATE SET blob = excluded.blob, type = excluded.type,
	at = excluded.at;

-- name: petition_picture_leave
INSERT INTO blob_left (digest, at) SELECT blob, $3 FROM petition_picture WHERE petition = $1 AND kind = $2
ON CONFLICT (digest) DO UPDATE SET at = excluded.at;

-- name: petition_picture_leave_drafts
INSERT INTO blob_left (digest, at) SELECT DISTINCT x.blob, CAST($1 AS BIGINT) FROM petition_picture x
JOIN petition p ON p.id = x.petition
WHERE p.filed = 0 AND (p.state = 'expired' OR p.state = 'cancelled')
ON CONFLICT (digest) DO UPDATE SET at = excluded.at;

-- name: petition_picture_drop_drafts
DELETE FROM petition_picture WHERE petition IN
	(SELECT id FROM petition WHERE filed = 0 AND (state = 'expired' OR state = 'cancelled'));

-- name: petition_draft_hold
UPDATE petition SET version = version + 1 WHERE id = $1 AND version = $2;

-- name: petition_picture_get
SELECT blob, type FROM petition_picture WHERE petition = $1 AND kind = $2;

-- name: petition_picture_list
SELECT kind, at FROM petition_picture WHERE petition = $1;

-- name: petition_known
SELECT o.form, o.subject, o.no FROM orders o
WHERE o.account = $1 AND o.submitted > 0 ORDER BY o.no DESC LIMIT 20;
