-- What the CA has done.  Only the signer writes here; the va reads.
CREATE TABLE officer (
	serial		TEXT PRIMARY KEY,	-- of the sign certificate, upper-case hex
	name		TEXT NOT NULL,
	der		BYTEA NOT NULL,		-- the certificate
	may		BIGINT NOT NULL,	-- bits: 1 approve, 2 revoke
	active		BIGINT NOT NULL,	-- 0 or 1
	created		BIGINT NOT NULL		-- ms
);

CREATE TABLE certificate (
	serial		TEXT PRIMARY KEY,	-- upper-case hex
	ref		TEXT NOT NULL,		-- order number; "staff …" and the like for others
	profile		TEXT NOT NULL,
	subject		TEXT NOT NULL,		-- one line
	der		BYTEA NOT NULL,
	not_before	BIGINT NOT NULL,	-- ms
	not_after	BIGINT NOT NULL,	-- ms
	status		TEXT NOT NULL,		-- good, revoked
	revoked_at	BIGINT NOT NULL,	-- ms, 0: not
	reason		BIGINT NOT NULL,	-- RFC 5280 5.3.1
	created		BIGINT NOT NULL		-- ms
);
CREATE INDEX certificate_ref ON certificate (ref);
CREATE INDEX certificate_revoked ON certificate (status, revoked_at);

-- One row an order: asked twice, the same pair comes back.
CREATE TABLE issue (
	ref		TEXT PRIMARY KEY,	-- order number
	statement	TEXT NOT NULL,		-- the approval, canonical JSON
	signature	BYTEA NOT NULL,		-- the officer's, DER
	officer		TEXT NOT NULL,		-- serial
	point		BYTEA NOT NULL,		-- sign public key, 65 bytes
	sign_serial	TEXT NOT NULL,
	enc_serial	TEXT NOT NULL,
	envelope	BYTEA NOT NULL,		-- SM2EnvelopedKey
	created		BIGINT NOT NULL		-- ms
);

CREATE TABLE crl (
	number		BIGINT PRIMARY KEY,
	der		BYTEA NOT NULL,
	this_update	BIGINT NOT NULL,	-- ms
	next_update	BIGINT NOT NULL		-- ms
);

-- Hash chain: hash = SM3(seq | time | what | detail | previous hash), one line an act or refusal.
CREATE TABLE journal (
	seq		BIGINT PRIMARY KEY,
	time		BIGINT NOT NULL,	-- ms
	what		TEXT NOT NULL,
	detail		TEXT NOT NULL,		-- JSON
	hash		TEXT NOT NULL		-- lower-case hex
);
