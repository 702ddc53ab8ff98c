-- store: ca

-- name: officer_by_serial
SELECT name, der, may, active FROM officer WHERE serial = $1

-- name: officer_add
INSERT INTO officer (serial, name, der, may, active, created) VALUES ($1, $2, $3, $4, 1, $5)

-- name: officer_set
UPDATE officer SET may = $2, active = $3 WHERE serial = $1

-- name: officer_list
SELECT serial, name, may, active, created FROM officer ORDER BY created, serial

-- name: officer_first_end
SELECT COALESCE(min(c.not_after), 0) FROM officer o JOIN certificate c ON c.serial = o.serial
WHERE o.active = 1 AND c.status = 'good' AND c.not_after > $1

-- name: ca_certificate_add
INSERT INTO certificate (serial, ref, profile, subject, der, not_before, not_after, status,
	revoked_at, reason, created, authority, line, part, identity)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'good', 0, 0, $8, $9, $10, $11, $12)

-- name: certificates_by_serial
SELECT serial, ref, profile, subject, not_before, not_after, status, authority
FROM certificate WHERE serial = $1 LIMIT $2

-- name: certificates_by_subject
SELECT serial, ref, profile, subject, not_before, not_after, status, authority
FROM certificate WHERE subject = $1 LIMIT $2

-- name: certificates_by_identity
SELECT serial, ref, profile, subject, not_before, not_after, status, authority
FROM certificate WHERE identity = $1 AND identity <> '' LIMIT $2

-- name: ca_certificate_by_serial
SELECT ref, profile, subject, der, not_before, not_after, status, revoked_at, reason, changed,
	authority, invalid_since
FROM certificate WHERE serial = $1

-- name: ca_certificate_status_set
UPDATE certificate SET status = $2, revoked_at = $3, reason = $4, invalid_since = $5, changed = $6,
	changed_line = $8
WHERE serial = $1 AND status = $7

-- name: ca_certificate_revoked
SELECT serial, revoked_at, reason, invalid_since, status FROM certificate
WHERE authority = $1 AND status IN ('held', 'revoked') AND not_after > $2

-- name: ca_certificate_changed_since
SELECT serial, revoked_at, reason, invalid_since, status FROM certificate
WHERE authority = $1 AND changed >= $2 AND not_after > $3

-- name: ca_certificate_newest_change
SELECT COALESCE(max(changed), 0) FROM certificate WHERE authority = $1

-- name: ca_certificate_compromised_since
SELECT COALESCE(max(changed), 0) FROM certificate
WHERE authority = $1 AND changed >= $2 AND reason = 1

-- name: part_changed_since
-- What was ever changed in a part; a million good ones are not looked at.
SELECT serial, revoked_at, reason, invalid_since, status FROM certificate
WHERE authority = $1 AND part = $2 AND part > 0 AND changed >= $3 AND changed > 0
	AND not_after > $4

-- name: part_newest_change
SELECT COALESCE(max(changed), 0) FROM certificate
WHERE authority = $1 AND part = $2 AND part > 0

-- name: part_compromised_since
SELECT COALESCE(max(changed), 0) FROM certificate
WHERE authority = $1 AND part = $2 AND part > 0 AND changed >= $3 AND reason = 1

-- name: list_part_add
INSERT INTO list_part (authority, part) VALUES ($1, $2) ON CONFLICT (authority, part) DO NOTHING

-- name: list_part_list
SELECT part FROM list_part WHERE authority = $1 ORDER BY part

-- name: ca_certificate_count
SELECT count(*) FROM certificate

-- name: issue_by_ref
SELECT statement, point, sign_serial, enc_serial, envelope FROM issue WHERE ref = $1

-- name: issue_by_sign
SELECT ref, statement, enc_serial, op FROM issue WHERE sign_serial = $1

-- name: issue_by_enc
SELECT sign_serial FROM issue WHERE enc_serial = $1

-- name: issue_by_point
SELECT sign_serial FROM issue WHERE point = $1 ORDER BY created DESC LIMIT 1

-- name: issue_replacing
SELECT ref, sign_serial FROM issue WHERE replaces = $1

-- name: issue_add
INSERT INTO issue (ref, statement, signature, officer, point, sign_serial, enc_serial, envelope,
	created, op, replaces)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: authority_list
SELECT id, name, generation, parent, der, key, state, created FROM authority
ORDER BY created, name, generation

-- name: authority_add
INSERT INTO authority (id, name, generation, parent, serial, der, key, state, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8)

-- name: authority_state_set
UPDATE authority SET state = $2 WHERE id = $1

-- name: revocation_list_newest
SELECT number, base, entries, this_update, next_update FROM revocation_list
WHERE authority = $1 AND scope = $2 ORDER BY number DESC LIMIT 1

-- name: revocation_list_der
SELECT der, number, this_update, next_update FROM revocation_list
WHERE authority = $1 AND scope = $2 ORDER BY number DESC LIMIT 1

-- name: revocation_list_number
SELECT COALESCE(max(number), 0) FROM revocation_list WHERE authority = $1

-- name: revocation_list_add
INSERT INTO revocation_list (authority, scope, number, base, entries, der, this_update, next_update)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: revocation_list_drop_old
DELETE FROM revocation_list WHERE authority = $1 AND scope = $2 AND number < $3

-- name: ca_certificate_lines
SELECT line, changed_line, status FROM certificate WHERE serial = $1

-- name: ca_certificate_changed_detail
SELECT j.detail FROM certificate c JOIN journal j ON j.seq = c.changed_line WHERE c.serial = $1

-- name: ca_certificate_line_set
UPDATE certificate SET line = $2 WHERE serial = $1

-- name: ca_certificate_changed_line_set
UPDATE certificate SET changed_line = $2 WHERE serial = $1

-- name: ca_certificate_untold
-- A certificate that stands in the store and not in the journal, or not with this status.
SELECT serial FROM certificate c
WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.seq = c.line AND j.what = 'certificate.issue'
		AND j.detail LIKE '%"' || c.serial || '"%')
	AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.seq = c.line
		AND j.what IN ('ceremony.make', 'service.issue', 'officer.add', 'ca.create', 'ca.cross',
			'journal.key', 'certificate.enrol', 'seal.maker')
		AND j.detail LIKE '%"serial":"' || c.serial || '"%')
	OR (c.status <> 'good' OR c.changed_line <> 0)
	AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.seq = c.changed_line
		AND j.what = CASE c.status WHEN 'held' THEN 'certificate.hold'
			WHEN 'revoked' THEN 'certificate.revoke' ELSE 'certificate.release' END
		AND j.detail LIKE '%"' || c.serial || '"%')
LIMIT 1

-- The hall's anchors among the lines of the journal; looked for seldom.
-- name: ca_anchor_last
SELECT seq, time, what, detail FROM journal WHERE what IN ('hall.anchor', 'hall.restored')
ORDER BY seq DESC LIMIT 1

-- name: ca_anchors_from
SELECT seq, time, what, detail FROM journal WHERE what IN ('hall.anchor', 'hall.restored')
	AND seq > $1 ORDER BY seq LIMIT $2
