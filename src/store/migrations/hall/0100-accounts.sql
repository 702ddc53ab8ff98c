-- Applicants, staff, sessions, one-time codes.
-- "sealed" columns hold store/seal.h ciphertext; "digest" columns hold its keyed digest.

CREATE TABLE account (
	id		BIGINT PRIMARY KEY,
	mobile		BYTEA NOT NULL,		-- sealed
	mobile_digest	TEXT NOT NULL UNIQUE,	-- finds the login name
	mail		BYTEA NOT NULL,		-- sealed
	mail_digest	TEXT NOT NULL UNIQUE,	-- of the lower-case address
	login_name	TEXT UNIQUE,		-- lower case, NULL: none
	password	TEXT NOT NULL,		-- argon2id string
	active		BIGINT NOT NULL,	-- 0: may not sign in
	created		BIGINT NOT NULL
);

CREATE TABLE staff (
	id		BIGINT PRIMARY KEY,
	name		TEXT NOT NULL,
	serial		TEXT NOT NULL UNIQUE,	-- of the signing certificate, lower-case hex
	roles		BIGINT NOT NULL,	-- enum staff_role
	active		BIGINT NOT NULL,
	created		BIGINT NOT NULL
);

CREATE TABLE session (
	digest		TEXT PRIMARY KEY,	-- SM3 of the token
	kind		BIGINT NOT NULL,	-- enum session_kind
	owner		BIGINT NOT NULL,	-- account or staff id
	serial		TEXT NOT NULL,		-- certificate signed in with, '' for password
	address		TEXT NOT NULL,		-- peer at sign-in
	started		BIGINT NOT NULL,
	seen		BIGINT NOT NULL,	-- last use, to the minute
	ends		BIGINT NOT NULL		-- absolute end
);
CREATE INDEX session_owner ON session (kind, owner);

CREATE TABLE code (
	purpose		BIGINT NOT NULL,	-- enum code_purpose
	target		TEXT NOT NULL,		-- keyed digest of the mobile or mail
	digest		TEXT NOT NULL,		-- keyed digest of purpose, target and code
	tries		BIGINT NOT NULL,	-- wrong tries so far
	created		BIGINT NOT NULL,
	PRIMARY KEY (purpose, target)
);

CREATE TABLE captcha (
	id		TEXT PRIMARY KEY,	-- invented by the page
	digest		TEXT NOT NULL,		-- keyed digest of id and answer
	created		BIGINT NOT NULL
);

CREATE TABLE guess_limit (
	digest		TEXT PRIMARY KEY,	-- keyed digest of what and key
	started		BIGINT NOT NULL,	-- begin of the window
	hits		BIGINT NOT NULL
);

CREATE TABLE challenge (
	id		TEXT PRIMARY KEY,
	body		TEXT NOT NULL,		-- the text to sign
	created		BIGINT NOT NULL
);
