-- Orders to destroy what is past its retention time, signed by two key officers.
CREATE TABLE destruction (
	digest		TEXT PRIMARY KEY,	-- hex SM3 of the statement
	statement	TEXT NOT NULL,
	signature	BYTEA NOT NULL,		-- the officer's, DER
	second_signature BYTEA NOT NULL,	-- the second's
	ended_before	BIGINT NOT NULL,	-- ms
	keys		BIGINT NOT NULL,	-- how many there were when it was given
	created		BIGINT NOT NULL,	-- ms
	finished	BIGINT NOT NULL		-- ms; 0: the keeper is at it
);
