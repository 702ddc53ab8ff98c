-- Encryption key pairs in escrow: one for each certificate order, never deleted here.
CREATE TABLE escrow (
	ref		TEXT PRIMARY KEY,	-- order number
	sign_point	BYTEA NOT NULL,		-- the sign public key it was enveloped for
	enc_point	BYTEA NOT NULL,		-- its public key, 04||X||Y
	sealed		BYTEA NOT NULL,		-- its private scalar under the wrapping key
	created		BIGINT NOT NULL		-- ms
);
