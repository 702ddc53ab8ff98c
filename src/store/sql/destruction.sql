-- store: kmc

-- name: escrow_ended_count
SELECT count(*) FROM escrow
WHERE state = 'kept' AND (CASE WHEN not_after > 0 THEN not_after ELSE created END) < $1

-- name: escrow_destroy_some
UPDATE escrow SET sealed = $2, state = 'destroyed', destroyed = $3 WHERE ref IN (
	SELECT ref FROM escrow
	WHERE state = 'kept' AND (CASE WHEN not_after > 0 THEN not_after ELSE created END) < $1
	ORDER BY ref LIMIT $4)

-- name: destruction_add
INSERT INTO destruction (digest, statement, signature, second_signature, ended_before, keys, created,
	finished)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0)

-- name: destruction_by_digest
SELECT keys FROM destruction WHERE digest = $1

-- name: destruction_open
SELECT digest, ended_before FROM destruction WHERE finished = 0 ORDER BY created LIMIT 1

-- name: destruction_finish
UPDATE destruction SET finished = $2 WHERE digest = $1

-- name: escrow_history
SELECT ref, subject, created, not_after, state, destroyed, version FROM escrow
WHERE ref = $1 OR (subject = $1 AND subject <> '') ORDER BY created, ref

-- name: recovery_by_escrow
SELECT ref, kind, serial, officer, second, document, receiver, created FROM recovery
WHERE escrow = $1 ORDER BY created
