-- store: every

-- name: migration_by_name
SELECT applied FROM schema_migration WHERE name = $1

-- Writes a row that no migration has, so that two migrators wait for one another.
-- name: migration_lock
INSERT INTO schema_migration (name, applied) VALUES ('lock', 1)
ON CONFLICT (name) DO UPDATE SET applied = schema_migration.applied + 1

-- name: migration_insert
INSERT INTO schema_migration (name, applied) VALUES ($1, $2)
