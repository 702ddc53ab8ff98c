-- Review, certificates, delivery.

CREATE TABLE approval (
	order_id	BIGINT PRIMARY KEY,
	version		BIGINT NOT NULL,	-- of the order that was looked at
	staff		BIGINT NOT NULL,
	statement	TEXT NOT NULL,		-- canonical JSON
	certificate	BYTEA,			-- officer's, DER; NULL until signed
	signature	BYTEA,			-- DER; NULL until signed
	created		BIGINT NOT NULL,
	signed		BIGINT NOT NULL		-- 0 before
);

CREATE TABLE order_return (
	id		BIGINT PRIMARY KEY,
	order_id	BIGINT NOT NULL,
	staff		BIGINT NOT NULL,
	reasons		TEXT NOT NULL,		-- JSON [{target, code, text}]
	at		BIGINT NOT NULL
);
CREATE INDEX order_return_order ON order_return (order_id, at);

CREATE TABLE authorisation (
	order_id	BIGINT PRIMARY KEY,
	digest		TEXT NOT NULL,		-- keyed digest of number and code
	created		BIGINT NOT NULL
);

CREATE TABLE fetch_session (
	digest		TEXT PRIMARY KEY,	-- SM3 of the token
	order_id	BIGINT NOT NULL,
	ends		BIGINT NOT NULL
);

CREATE TABLE certificate (
	order_id	BIGINT NOT NULL,
	kind		TEXT NOT NULL,		-- "sign" or "enc"
	account		BIGINT NOT NULL,
	serial		TEXT NOT NULL UNIQUE,	-- lower-case hex
	subject		TEXT NOT NULL,
	not_before	BIGINT NOT NULL,
	not_after	BIGINT NOT NULL,
	der		BYTEA NOT NULL,
	state		TEXT NOT NULL,		-- "good" "frozen" "revoked"
	created		BIGINT NOT NULL,
	PRIMARY KEY (order_id, kind)
);
CREATE INDEX certificate_account ON certificate (account);

CREATE TABLE delivery (
	id		BIGINT PRIMARY KEY,
	order_id	BIGINT NOT NULL,
	company		TEXT NOT NULL,		-- '' at the window
	waybill		TEXT NOT NULL,
	receiver	TEXT NOT NULL,		-- who took it at the window
	blank		BIGINT NOT NULL,	-- 1: an empty key
	staff		BIGINT NOT NULL,
	at		BIGINT NOT NULL
);
CREATE INDEX delivery_order ON delivery (order_id, at);
