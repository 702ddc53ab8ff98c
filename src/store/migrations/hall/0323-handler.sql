-- A handler hands a subject's certificates over to another account, which accepts.
CREATE TABLE handover (
	id		BIGINT NOT NULL PRIMARY KEY,
	no		TEXT NOT NULL UNIQUE,	-- 20 digits, begins with the date
	from_account	BIGINT NOT NULL,
	to_account	BIGINT NOT NULL,
	subject		TEXT NOT NULL,
	subject_id	BYTEA NOT NULL,		-- sealed: its document's number
	state		TEXT NOT NULL,		-- offered, accepted, ended
	created		BIGINT NOT NULL,
	ended		BIGINT NOT NULL		-- 0 not yet
);
CREATE INDEX handover_to ON handover (to_account, state);
CREATE UNIQUE INDEX handover_offered ON handover (from_account, subject) WHERE state = 'offered';
-- Handlers look for a subject's orders, staff for who has its certificates.
CREATE INDEX orders_subject ON orders (subject);
