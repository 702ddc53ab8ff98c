-- Users of other platforms who arrive signed in (hall/platform/platform.h).

-- What a platform of the definition publishes.
CREATE TABLE platform (
	id		TEXT NOT NULL PRIMARY KEY,	-- as in the definition
	issuer		TEXT NOT NULL,			-- whose document it was
	authorize	TEXT NOT NULL,			-- where the browser goes, '' not known yet
	names_itself	BIGINT NOT NULL,		-- 1: what comes back carries iss
	at		BIGINT NOT NULL,		-- when it was learned, 0 never
	tried		BIGINT NOT NULL,		-- when it was asked for last
	reason		TEXT NOT NULL			-- why that failed, '' it did not
);

-- A sign-in that is on its way through a platform, of one browser.
CREATE TABLE platform_entry (
	digest		TEXT NOT NULL PRIMARY KEY,	-- SM3 of the browser's cookie
	ref		TEXT NOT NULL UNIQUE,		-- by which gate knows it
	platform	TEXT NOT NULL,
	state		TEXT NOT NULL,		-- begun asked known failed used
	secrets		BYTEA NOT NULL,		-- sealed {"state","nonce","verifier","next"}
	claims		BYTEA,			-- sealed {"subject","mobile","mail","facts"}, NULL before
	reason		TEXT NOT NULL,		-- why it failed
	created		BIGINT NOT NULL
);

-- Whose account a user of a platform is.
CREATE TABLE platform_user (
	platform	TEXT NOT NULL,
	subject		TEXT NOT NULL,		-- keyed digest of issuer and sub
	account		BIGINT NOT NULL,
	facts		BYTEA NOT NULL,		-- sealed {field of a form: value}
	since		BIGINT NOT NULL,
	seen		BIGINT NOT NULL,	-- last arrival
	PRIMARY KEY (platform, subject),
	UNIQUE (account, platform)
);

-- By what somebody signed in, where it was no key: the platform's title, '' password or SMS.
ALTER TABLE session ADD COLUMN way TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_in ADD COLUMN way TEXT NOT NULL DEFAULT '';
