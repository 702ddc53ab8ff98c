-- The activation PIN of a key that staff wrote: sealed until its SMS goes out, empty from then on.
CREATE TABLE activation (
	order_id	BIGINT NOT NULL PRIMARY KEY,
	serial		TEXT NOT NULL,			-- of the UKey
	pin		BYTEA,				-- sealed; NULL once sent
	made		BIGINT NOT NULL,		-- ms
	phone		TEXT NOT NULL,			-- where it went, masked; '' before
	sent		BIGINT NOT NULL			-- ms, of the last time; 0 before
);
