-- The journal becomes a Merkle tree (src/journal/journal.h).  Lines of the former hash chain wait
-- in journal_chain until the signer starts, which puts them into the tree.
ALTER TABLE journal RENAME TO journal_chain;
CREATE TABLE journal (
	seq		BIGINT PRIMARY KEY,	-- from 1, without gaps
	time		BIGINT NOT NULL,	-- ms
	what		TEXT NOT NULL,
	detail		TEXT NOT NULL,		-- canonical JSON
	nodes		BYTEA NOT NULL		-- the nodes this line completes, 32 bytes each
);
-- One row, 1: how many lines there are; whoever adds one holds it.
CREATE TABLE journal_end (
	id		BIGINT PRIMARY KEY,
	lines		BIGINT NOT NULL
);
INSERT INTO journal_end (id, lines) VALUES (1, 0);
-- Signed heads of the tree.
CREATE TABLE journal_head (
	lines		BIGINT PRIMARY KEY,
	text		TEXT NOT NULL,		-- canonical JSON
	signature	BYTEA NOT NULL,		-- DER
	key		TEXT NOT NULL		-- journal_key.id
);
-- Certificates of the keys that signed heads.
CREATE TABLE journal_key (
	id		TEXT PRIMARY KEY,	-- SM3 of the certificate, hex
	der		BYTEA NOT NULL,
	created		BIGINT NOT NULL		-- ms
);

-- The lines that tell of a certificate: its issue, and its last change of status (0: none).
ALTER TABLE certificate ADD COLUMN line BIGINT NOT NULL DEFAULT 0;
ALTER TABLE certificate ADD COLUMN changed_line BIGINT NOT NULL DEFAULT 0;
