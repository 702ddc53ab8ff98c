-- store: every

-- name: meta_get
SELECT value FROM meta WHERE name = $1

-- name: meta_set
INSERT INTO meta (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: meta_add
INSERT INTO meta (name, value) VALUES ($1, $2)

-- name: meta_count
SELECT count(*) FROM meta WHERE name >= $1 AND name < $2
