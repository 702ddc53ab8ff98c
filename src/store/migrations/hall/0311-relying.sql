-- Relying systems that are told what happens to certificates.
CREATE TABLE relying_app (
	id		BIGINT NOT NULL PRIMARY KEY,
	name		TEXT NOT NULL UNIQUE,
	url		TEXT NOT NULL,
	secret		BYTEA NOT NULL,		-- sealed: {"now","old"} (base64), as signed with
	old_until	BIGINT NOT NULL,	-- ms: the older secret signs as well until then, 0
	salt		BYTEA NOT NULL,		-- sealed: key of the subjects' digests, for good
	events		TEXT NOT NULL,		-- ",frozen,revoked,"
	products	TEXT NOT NULL,		-- ",org,", '': all
	subject		TEXT NOT NULL,		-- what it hears of the subject: none, digest, name
	state		TEXT NOT NULL,		-- on, gone (answered 410)
	created		BIGINT NOT NULL
);
-- What was put out for them; how each stands is said by the outbox, key "hook:<id>".
CREATE TABLE relying_delivery (
	id		TEXT NOT NULL PRIMARY KEY,	-- webhook-id
	app		BIGINT NOT NULL,
	event		TEXT NOT NULL,
	serial		TEXT NOT NULL,			-- of the sign certificate, '' for a ping
	body		BYTEA NOT NULL,			-- sealed
	created		BIGINT NOT NULL
);
CREATE INDEX relying_delivery_app ON relying_delivery (app, created);
