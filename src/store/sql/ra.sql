-- store: ca

-- name: ra_by_name
SELECT name, profile, suffix, days, digest, der, active FROM ra WHERE name = $1

-- name: ra_by_print
SELECT name, profile, suffix, days, digest, der, active FROM ra WHERE print = $1

-- name: ra_by_kid
SELECT name, profile, suffix, days, digest, der, active FROM ra
WHERE kid = $1 AND kid <> '' AND active = 1 ORDER BY created DESC LIMIT 1

-- name: ra_add
INSERT INTO ra (name, profile, suffix, days, digest, der, print, active, created, kid)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)

-- name: ra_list
SELECT r.name, r.profile, r.suffix, r.days, r.print, r.active, r.created,
	(SELECT count(*) FROM enrolment e WHERE e.ra = r.name)
FROM ra r ORDER BY r.name

-- name: ra_certs
SELECT der FROM ra WHERE active = 1 AND print <> ''

-- name: ra_digest_set
UPDATE ra SET digest = $2 WHERE name = $1

-- name: ra_cert_set
UPDATE ra SET der = $2, print = $3, kid = $4 WHERE name = $1

-- name: ra_active_set
UPDATE ra SET active = $2 WHERE name = $1

-- name: enrolment_newest
SELECT e.turn, e.request, e.serial, c.der, c.status FROM enrolment e
JOIN certificate c ON c.serial = e.serial
WHERE e.ref = $1 ORDER BY e.turn DESC LIMIT 1

-- name: enrolment_add
INSERT INTO enrolment (ref, turn, ra, request, subject, serial, created, print)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: enrolment_by_serial
SELECT ra FROM enrolment WHERE serial = $1

-- name: enrolment_by_print
SELECT e.ra, c.der, c.status, c.not_after FROM enrolment e
JOIN certificate c ON c.serial = e.serial WHERE e.print = $1 AND e.print <> ''

-- name: enrolment_of_subject
SELECT e.serial FROM enrolment e JOIN certificate c ON c.serial = e.serial
WHERE e.ra = $1 AND e.subject = $2 AND c.status = 'good' AND c.not_after > $3 LIMIT 1
