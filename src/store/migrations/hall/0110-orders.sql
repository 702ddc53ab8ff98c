-- Orders, what happened to them, and the journal.

CREATE TABLE orders (
	id		BIGINT PRIMARY KEY,
	no		TEXT NOT NULL UNIQUE,	-- 20 digits, the acceptance number
	account		BIGINT NOT NULL,
	product		TEXT NOT NULL,		-- id in the hall definition
	op		TEXT NOT NULL,		-- "new"
	state		TEXT NOT NULL,		-- order_state.def
	version		BIGINT NOT NULL,	-- compare-and-set
	form		BYTEA NOT NULL,		-- sealed JSON of the form's values
	steps		TEXT NOT NULL,		-- JSON, step name to time done
	collection	BYTEA NOT NULL,		-- sealed JSON
	user_name	TEXT NOT NULL,		-- the certificate's user name, '' before the form
	subject		TEXT NOT NULL,		-- unit's or person's name, for lists
	mobile_digest	TEXT,			-- of the agent, for status queries
	years		BIGINT NOT NULL,
	amount		BIGINT NOT NULL,	-- fen
	paid		BIGINT NOT NULL,	-- fen received and kept
	reviewer	BIGINT NOT NULL,	-- staff id, 0 none
	claimed		BIGINT NOT NULL,	-- when the reviewer took it
	maker		BIGINT NOT NULL,	-- staff id, 0 none
	created		BIGINT NOT NULL,
	updated		BIGINT NOT NULL,
	submitted	BIGINT NOT NULL,	-- 0 not yet, as below
	decided		BIGINT NOT NULL,
	done		BIGINT NOT NULL
);
CREATE INDEX orders_account ON orders (account, created);
CREATE INDEX orders_state ON orders (state, submitted);

CREATE TABLE user_name (
	name		TEXT PRIMARY KEY,	-- lower case
	order_id	BIGINT NOT NULL UNIQUE	-- who has it; the row goes when the order is cancelled
);

CREATE TABLE order_event (
	id		BIGINT PRIMARY KEY,
	order_id	BIGINT NOT NULL,
	at		BIGINT NOT NULL,
	actor		TEXT NOT NULL,		-- "account", "staff", "system", "visitor"
	actor_id	BIGINT NOT NULL,
	address		TEXT NOT NULL,
	what		TEXT NOT NULL,		-- event or note
	from_state	TEXT NOT NULL,
	to_state	TEXT NOT NULL,
	note		TEXT NOT NULL
);
CREATE INDEX order_event_order ON order_event (order_id, at);

CREATE TABLE journal (
	seq		BIGINT PRIMARY KEY,	-- from 1, without gaps
	at		BIGINT NOT NULL,
	actor		TEXT NOT NULL,
	what		TEXT NOT NULL,
	subject		TEXT NOT NULL,		-- order number, staff serial …
	detail		TEXT NOT NULL,
	digest		BYTEA NOT NULL		-- SM3 over the former line's digest and this line
);

CREATE TABLE journal_head (
	id		BIGINT PRIMARY KEY,	-- 1
	seq		BIGINT NOT NULL,	-- of the newest line
	digest		BYTEA NOT NULL		-- of the newest line, 32 zero bytes at first
);
INSERT INTO journal_head (id, seq, digest) VALUES (1, 0, '');

CREATE TABLE consent (
	id		BIGINT PRIMARY KEY,
	order_id	BIGINT NOT NULL,
	account		BIGINT NOT NULL,
	agreement	TEXT NOT NULL,		-- id in the definition
	version		TEXT NOT NULL,
	digest		TEXT NOT NULL,		-- SM3 of the text agreed to, hex
	at		BIGINT NOT NULL,
	address		TEXT NOT NULL,
	agent		TEXT NOT NULL		-- browser
);
CREATE INDEX consent_order ON consent (order_id);
