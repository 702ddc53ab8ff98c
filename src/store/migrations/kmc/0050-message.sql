-- Keys of kmc itself, wrapped like the escrow.
CREATE TABLE secret (
	name		TEXT PRIMARY KEY,	-- identity: signs messages to other CAs; device-master
	sealed		BYTEA NOT NULL,		-- 32 bytes under the wrapping key
	version		BIGINT NOT NULL,	-- wrapping_key
	certificate	TEXT NOT NULL,		-- PEM; '': it has none
	created		BIGINT NOT NULL		-- ms
);

-- Other CAs that may ask by messages (GB/T 25056).
CREATE TABLE client_ca (
	id		TEXT PRIMARY KEY,	-- 16 hex digits of its certificate's fingerprint
	name		TEXT NOT NULL,
	serial		TEXT NOT NULL,		-- of the certificate
	der		BYTEA NOT NULL,
	active		BIGINT NOT NULL,	-- 0 or 1
	created		BIGINT NOT NULL		-- ms
);
CREATE INDEX client_ca_serial ON client_ca (serial);
