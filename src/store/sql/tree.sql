-- store: every
-- The journals of signer and kmc (src/journal).

-- name: tree_lines
SELECT lines FROM journal_end WHERE id = $1

-- name: tree_next
UPDATE journal_end SET lines = lines + 1 WHERE id = $1 RETURNING lines

-- name: tree_lines_set
UPDATE journal_end SET lines = $2 WHERE id = $1

-- name: tree_line_add
INSERT INTO journal (seq, time, what, detail, nodes) VALUES ($1, $2, $3, $4, $5)

-- name: tree_line
SELECT seq, time, what, detail FROM journal WHERE seq = $1

-- name: tree_nodes
SELECT nodes FROM journal WHERE seq = $1

-- name: tree_lines_from
SELECT seq, time, what, detail, nodes FROM journal WHERE seq > $1 ORDER BY seq LIMIT 1000

-- name: tree_head_add
INSERT INTO journal_head (lines, text, signature, key) VALUES ($1, $2, $3, $4)

-- name: tree_head_newest
SELECT text, signature, key FROM journal_head ORDER BY lines DESC LIMIT 1

-- name: tree_heads_from
SELECT lines, text, signature, key FROM journal_head WHERE lines > $1 ORDER BY lines LIMIT 1000

-- name: tree_key_add
INSERT INTO journal_key (id, der, created) VALUES ($1, $2, $3)

-- name: tree_key_newest
SELECT der FROM journal_key ORDER BY created DESC LIMIT 1

-- name: tree_key_by_id
SELECT der FROM journal_key WHERE id = $1

-- name: tree_chain_from
SELECT seq, time, what, detail, hash FROM journal_chain WHERE seq > $1 ORDER BY seq LIMIT 1000

-- name: tree_chain_clear
DELETE FROM journal_chain
