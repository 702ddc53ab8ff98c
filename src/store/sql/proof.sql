-- store: hall

-- name: proof_insert
INSERT INTO proof (id, order_id, account, way, state, stage, data, proves, handler, code, tries,
	remit_no, provider_no, evidence, reason, created, expires, ended)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, 0, $10, '', '', '', $11, $12, 0);

-- name: proof_newest
SELECT id, order_id, account, way, state, stage, data, proves, handler, code, tries, remit_no,
	provider_no, evidence, reason, created, expires, ended
FROM proof WHERE order_id = $1 ORDER BY created DESC, id DESC LIMIT 1;

-- name: proof_by_id
SELECT id, order_id, account, way, state, stage, data, proves, handler, code, tries, remit_no,
	provider_no, evidence, reason, created, expires, ended
FROM proof WHERE id = $1;

-- name: proof_by_remittance
SELECT id, order_id, account, way, state, stage, data, proves, handler, code, tries, remit_no,
	provider_no, evidence, reason, created, expires, ended
FROM proof WHERE remit_no = $1;

-- name: proof_list
SELECT id, order_id, account, way, state, stage, data, proves, handler, code, tries, remit_no,
	provider_no, evidence, reason, created, expires, ended
FROM proof WHERE order_id = $1 ORDER BY created, id;

-- name: proof_earlier
SELECT id, order_id, account, way, state, stage, data, proves, handler, code, tries, remit_no,
	provider_no, evidence, reason, created, expires, ended
FROM proof WHERE proves = $1 AND handler = $2 AND state = 'passed' AND ended > $3
	AND ended <= $4
ORDER BY ended DESC, id DESC LIMIT 1;

-- name: proof_save
UPDATE proof SET state = $4, stage = $5, tries = $6, provider_no = $7, evidence = $8, reason = $9,
	expires = $10, ended = $11
WHERE id = $1 AND state = $2 AND tries = $3;

-- name: proof_end_expired
UPDATE proof SET state = 'expired', ended = expires
WHERE order_id = $1 AND ended = 0 AND expires <= $2;
