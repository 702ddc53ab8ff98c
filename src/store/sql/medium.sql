-- store: hall

-- name: medium_add
INSERT INTO medium (serial, account, first_written, batch, kind, state, order_id, received)
VALUES ($1, $2, 0, $3, $4, 'blank', 0, $5) ON CONFLICT (serial) DO NOTHING;

-- name: medium_get
SELECT serial, batch, kind, state, account, order_id, received, first_written FROM medium
WHERE serial = $1;

-- name: medium_take
UPDATE medium SET order_id = $2, account = $3 WHERE serial = $1 AND order_id = $4 AND state = $5;

-- name: medium_untake
UPDATE medium SET order_id = 0, account = CASE WHEN batch = '' THEN account ELSE 0 END
WHERE order_id = $1 AND serial <> $2 AND state = 'blank';

-- name: medium_state_set
UPDATE medium SET state = $2, first_written = CASE WHEN first_written = 0 THEN $4
	ELSE first_written END WHERE serial = $1 AND state = $3;

-- name: medium_pair_set
INSERT INTO medium_pair (order_id, serial, written) VALUES ($1, $2, $3)
ON CONFLICT (order_id) DO UPDATE SET serial = excluded.serial, written = excluded.written;

-- name: medium_pair_drop
DELETE FROM medium_pair WHERE order_id = $1;

-- name: medium_of_order
SELECT p.serial FROM medium_pair p JOIN medium m ON m.serial = p.serial
	JOIN orders o ON o.id = p.order_id AND o.account = m.account
WHERE p.order_id = $1;

-- name: medium_release
UPDATE medium SET account = 0, order_id = 0,
	state = CASE WHEN state = 'locked' THEN 'issued' ELSE state END
WHERE serial = $1 AND account <> 0;

-- name: medium_lasting
SELECT serial FROM certificate WHERE order_id = $1 AND kind = 'sign' AND not_after > $2
	AND (state = 'good' OR state = 'frozen');

-- name: medium_writing
SELECT no FROM orders WHERE id = $1 AND (state = 'making' OR state = 'fetched');

-- name: medium_event_add
INSERT INTO medium_event (id, serial, at, what, state, order_id, staff, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: medium_event_list
SELECT e.at, e.what, e.state, e.note, COALESCE(o.no, ''), COALESCE(s.name, '')
FROM medium_event e LEFT JOIN orders o ON o.id = e.order_id LEFT JOIN staff s ON s.id = e.staff
WHERE e.serial = $1 ORDER BY e.at DESC, e.id DESC LIMIT 200;

-- name: medium_batches
SELECT batch, state, MIN(received), COUNT(*), MIN(kind) FROM medium GROUP BY batch, state
ORDER BY batch, state;

-- name: medium_search
SELECT serial, batch, kind, state, account, order_id, received, first_written FROM medium
WHERE ($1 = '' OR serial = $1) AND ($2 = '' OR batch = $2) AND ($3 = '' OR state = $3)
ORDER BY received DESC, serial LIMIT $4;

-- name: proof_link_set
INSERT INTO proof_link (order_id, digest, created) VALUES ($1, $2, $3)
ON CONFLICT (order_id) DO UPDATE SET digest = excluded.digest, created = excluded.created;

-- name: proof_link_get
SELECT digest, created FROM proof_link WHERE order_id = $1;

-- name: proof_link_drop
DELETE FROM proof_link WHERE order_id = $1;
