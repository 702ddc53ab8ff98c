-- The CAs of this signer side by side, one row a key: "issuing-1", "issuing-2" …
CREATE TABLE authority (
	id		TEXT PRIMARY KEY,	-- name-generation
	name		TEXT NOT NULL,		-- "issuing"; what certificate profiles say
	generation	BIGINT NOT NULL,
	parent		TEXT NOT NULL,		-- id; of a root: its own
	serial		TEXT NOT NULL,		-- of its certificate
	der		BYTEA NOT NULL,
	key		TEXT NOT NULL,		-- address of the private key (pki/signing_key.h)
	state		TEXT NOT NULL,		-- active; retiring: signs lists only; ended
	created		BIGINT NOT NULL,	-- ms
	UNIQUE (name, generation)
);
INSERT INTO authority (id, name, generation, parent, serial, der, key, state, created)
SELECT 'root-1', 'root', 1, 'root-1', serial, der, 'file:ca-keys/root.key', 'active', created
FROM certificate WHERE profile = 'root' AND ref = 'ceremony';
INSERT INTO authority (id, name, generation, parent, serial, der, key, state, created)
SELECT 'issuing-1', 'issuing', 1, 'root-1', serial, der, 'file:ca-keys/issuing.key', 'active',
	created
FROM certificate WHERE profile = 'issuing-ca' AND ref = 'ceremony';

ALTER TABLE certificate ADD COLUMN authority TEXT NOT NULL DEFAULT 'issuing-1';	-- that signed it
UPDATE certificate SET authority = 'root-1' WHERE profile IN ('root', 'issuing-ca');
DROP INDEX certificate_revoked;
CREATE INDEX certificate_revoked ON certificate (authority, status);
DROP INDEX certificate_changed;
CREATE INDEX certificate_changed ON certificate (authority, changed);

-- Revocation lists: scope '' is the full list, 'delta' what changed since the full one.
CREATE TABLE revocation_list (
	authority	TEXT NOT NULL,
	scope		TEXT NOT NULL,
	number		BIGINT NOT NULL,	-- cRLNumber, one row of numbers an authority
	base		BIGINT NOT NULL,	-- delta: number of the full list under it; 0
	entries		BIGINT NOT NULL,
	der		BYTEA NOT NULL,
	this_update	BIGINT NOT NULL,	-- ms
	next_update	BIGINT NOT NULL,	-- ms
	PRIMARY KEY (authority, scope, number)
);
INSERT INTO revocation_list (authority, scope, number, base, entries, der, this_update,
	next_update)
SELECT 'issuing-1', '', number, 0, 0, der, this_update, next_update FROM crl;
DROP TABLE crl;
