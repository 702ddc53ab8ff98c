-- A CA that asks by messages keeps its keys when it gets another certificate: all its certificates
-- name the first one, by which its keys are found.
ALTER TABLE client_ca ADD COLUMN client TEXT NOT NULL DEFAULT '';	-- client_ca.id; '': its own
