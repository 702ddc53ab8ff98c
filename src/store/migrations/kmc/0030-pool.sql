-- Encryption key pairs made ahead; a row leaves for escrow in one transaction.
CREATE TABLE pool (
	id		BIGINT PRIMARY KEY,
	enc_point	BYTEA NOT NULL,		-- public key, 04||X||Y
	sealed		BYTEA NOT NULL,		-- private scalar under the wrapping key
	version		BIGINT NOT NULL,	-- wrapping_key
	created		BIGINT NOT NULL		-- ms
);
CREATE INDEX pool_version ON pool (version, id);
CREATE INDEX escrow_state ON escrow (state);
