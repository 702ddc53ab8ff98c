-- Keys that another CA asks back by a message (GB/T 25056 RestoreKeyReq) and that no two key
-- officers have allowed yet: the newest question a key.  What they allow is a row of recovery.
CREATE TABLE restoration (
	ref		TEXT PRIMARY KEY,	-- escrow.ref
	client		TEXT NOT NULL,		-- client_ca.id
	serial		TEXT NOT NULL,		-- userCertNo, upper-case hex
	sign_point	BYTEA NOT NULL,		-- userPubKey, 04||X||Y: the key is sealed for it
	asked		BIGINT NOT NULL		-- ms
);
