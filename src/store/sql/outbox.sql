-- States: waiting, sending; done, failed, unknown, dead; dropped: somebody saw to it otherwise.
-- A message that was delivered keeps no content, a remittance none once it has ended.

-- name: outbox_put
INSERT INTO outbox (id, kind, idem_key, ref, payload, auto, state, attempts, next_at,
	lease_until, last_error, created, done_at)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, 0, '', $8, 0)
ON CONFLICT (idem_key) DO NOTHING

-- name: outbox_claim
UPDATE outbox SET state = 'sending', attempts = attempts + 1, lease_until = $2
WHERE state = 'waiting' AND id = (SELECT id FROM outbox
	WHERE state = 'waiting' AND next_at <= $1 ORDER BY next_at, id LIMIT 1)
RETURNING id, kind, idem_key, ref, payload, attempts, created

-- name: outbox_finish
UPDATE outbox SET state = $3, next_at = $4, attempts = $5, lease_until = 0, last_error = $6,
	done_at = $7,
	payload = CASE WHEN $3 = 'done' AND kind IN ('sms', 'mail', 'webhook') THEN $8
		WHEN $3 <> 'waiting' AND kind = 'bank.pay' THEN $8 ELSE payload END
WHERE id = $1 AND state = 'sending' AND lease_until = $2

-- name: outbox_renew
UPDATE outbox SET lease_until = $3 WHERE id = $1 AND state = 'sending' AND lease_until = $2

-- name: outbox_expired
SELECT id, kind, idem_key, ref, payload, attempts, created, lease_until FROM outbox
WHERE state = 'sending' AND lease_until < $1 ORDER BY lease_until LIMIT 50

-- name: outbox_settle_auto
UPDATE outbox SET state = 'done', done_at = $2
WHERE ref = $1 AND auto = 1 AND state = 'waiting'

-- name: outbox_by_ref
SELECT id, idem_key, payload, state FROM outbox WHERE ref = $1 AND kind = $2
ORDER BY created DESC LIMIT 1

-- name: outbox_next_due
SELECT COALESCE(MIN(next_at), 0) FROM outbox WHERE state = 'waiting'

-- name: outbox_count
SELECT COUNT(*) FROM outbox WHERE state = $1

-- name: outbox_arrived
UPDATE outbox SET state = 'done', payload = $2, last_error = '', done_at = $3
WHERE id = $1 AND kind = 'sms' AND state = 'unknown'

-- name: outbox_lost
UPDATE outbox SET state = 'failed', last_error = $2, done_at = $3
WHERE id = $1 AND kind = 'sms' AND state IN ('done', 'unknown')

-- name: outbox_troubles
SELECT id, kind, idem_key, state, attempts, last_error, created, done_at,
	CASE WHEN payload = $2 THEN 1 ELSE 0 END FROM outbox
WHERE state IN ('dead', 'unknown', 'failed') ORDER BY done_at DESC, id LIMIT $1

-- name: outbox_by_id
SELECT kind, payload, state FROM outbox WHERE id = $1

-- name: outbox_again
UPDATE outbox SET state = 'waiting', attempts = 0, next_at = $2, created = $2, done_at = 0
WHERE id = $1 AND state IN ('dead', 'unknown', 'failed')

-- name: outbox_drop
UPDATE outbox SET state = 'dropped'
WHERE id = $1 AND state IN ('dead', 'unknown', 'failed')

-- name: outbox_state
SELECT state, attempts, last_error FROM outbox WHERE idem_key = $1
