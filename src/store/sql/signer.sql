-- store: ca

-- name: officer_by_serial
SELECT name, der, may, active FROM officer WHERE serial = $1

-- name: officer_add
INSERT INTO officer (serial, name, der, may, active, created) VALUES ($1, $2, $3, $4, 1, $5)

-- name: officer_set
UPDATE officer SET may = $2, active = $3 WHERE serial = $1

-- name: officer_list
SELECT serial, name, may, active, created FROM officer ORDER BY created, serial

-- name: ca_certificate_add
INSERT INTO certificate (serial, ref, profile, subject, der, not_before, not_after, status,
	revoked_at, reason, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'good', 0, 0, $8)

-- name: ca_certificate_by_serial
SELECT ref, profile, subject, der, not_before, not_after, status, revoked_at, reason
FROM certificate WHERE serial = $1

-- name: ca_certificate_revoke
UPDATE certificate SET status = 'revoked', revoked_at = $2, reason = $3
WHERE serial = $1 AND status = 'good'

-- name: ca_certificate_revoked
SELECT serial, revoked_at, reason FROM certificate
WHERE status = 'revoked' AND not_after > $1 ORDER BY serial

-- name: ca_certificate_newest_revocation
SELECT max(revoked_at) FROM certificate WHERE status = 'revoked'

-- name: ca_certificate_count
SELECT count(*) FROM certificate

-- name: issue_by_ref
SELECT statement, point, sign_serial, enc_serial, envelope FROM issue WHERE ref = $1

-- name: issue_add
INSERT INTO issue (ref, statement, signature, officer, point, sign_serial, enc_serial, envelope,
	created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: crl_newest
SELECT number, der, this_update, next_update FROM crl ORDER BY number DESC LIMIT 1

-- name: crl_add
INSERT INTO crl (number, der, this_update, next_update) VALUES ($1, $2, $3, $4)

-- name: crl_drop_old
DELETE FROM crl WHERE number < $1

-- name: ca_journal_last
SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1

-- name: ca_journal_add
INSERT INTO journal (seq, time, what, detail, hash) VALUES ($1, $2, $3, $4, $5)

-- name: ca_journal_from
SELECT seq, time, what, detail, hash FROM journal WHERE seq > $1 ORDER BY seq LIMIT 1000
