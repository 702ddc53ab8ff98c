-- Somebody asks for an account (its mobile number is dead), or certificates that another handler has.
CREATE TABLE petition (
	id		BIGINT NOT NULL PRIMARY KEY,
	no		TEXT NOT NULL UNIQUE,	-- 20 digits, begins with the date
	token		TEXT NOT NULL UNIQUE,	-- SM3 of the claimant's token
	stop		TEXT NOT NULL UNIQUE,	-- SM3 of the token that the old channel gets, or of nothing
	kind		TEXT NOT NULL,		-- mobile, handler
	state		TEXT NOT NULL,		-- hall/petition/petition.h
	version		BIGINT NOT NULL,
	account		BIGINT NOT NULL,	-- that is asked for, or has the certificates; 0 unknown
	claimant	BIGINT NOT NULL,	-- who asks; 0: nobody signed in
	subject		TEXT NOT NULL,		-- handler: whose certificates; '' for an account
	body		BYTEA NOT NULL,		-- sealed JSON: what was said, and what it is to become
	reason		TEXT NOT NULL,		-- why it ended, for people
	reviewer	BIGINT NOT NULL,	-- staff, 0 none
	second		BIGINT NOT NULL,	-- the second one, where two must agree
	created		BIGINT NOT NULL,	-- ms, as below; 0 not yet
	filed		BIGINT NOT NULL,
	decided		BIGINT NOT NULL,
	effective	BIGINT NOT NULL,	-- when it takes effect unless somebody stops it
	ended		BIGINT NOT NULL
);
CREATE INDEX petition_state ON petition (state, filed);
CREATE INDEX petition_account ON petition (account, state);
CREATE INDEX petition_claimant ON petition (claimant, created);
-- Of several petitions for one thing only one can be on its way.
CREATE UNIQUE INDEX petition_waiting ON petition (kind, account, subject) WHERE state = 'waiting';

CREATE TABLE petition_picture (
	petition		BIGINT NOT NULL,
	kind		TEXT NOT NULL,		-- id_front, id_back, letter, more
	blob		TEXT NOT NULL,
	type		TEXT NOT NULL,		-- jpg, png
	at		BIGINT NOT NULL,
	PRIMARY KEY (petition, kind)
);
