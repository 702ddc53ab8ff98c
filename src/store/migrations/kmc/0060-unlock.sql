-- What an officer may sign for: bits 1 recovery and destruction of keys, 2 unlocking of UKeys.
ALTER TABLE key_officer ADD COLUMN may BIGINT NOT NULL DEFAULT 3;

-- Answers to locked UKeys, one a challenge.
CREATE TABLE unlock (
	serial		TEXT NOT NULL,		-- of the UKey
	challenge	TEXT NOT NULL,		-- hex
	ref		TEXT NOT NULL,		-- order
	officer		TEXT NOT NULL,		-- serial of the certificate
	statement	TEXT NOT NULL,
	signature	BYTEA NOT NULL,		-- DER
	expires		BIGINT NOT NULL,	-- ms
	created		BIGINT NOT NULL,	-- ms
	PRIMARY KEY (serial, challenge)
);
