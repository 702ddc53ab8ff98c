-- store: hall

-- name: journal_next
UPDATE journal_head SET seq = seq + 1 WHERE id = $1 RETURNING seq, digest;

-- name: journal_insert
INSERT INTO journal (seq, at, actor, what, subject, detail, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: journal_head_set
UPDATE journal_head SET digest = $2 WHERE id = $1;

-- name: journal_head
SELECT seq, digest FROM journal_head WHERE id = $1;

-- name: journal_all
SELECT seq, at, actor, what, subject, detail, digest FROM journal ORDER BY seq;

-- name: journal_digest
SELECT digest FROM journal WHERE seq = $1;
