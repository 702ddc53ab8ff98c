-- Freezing, restoring and revoking certificates: what is to be signed, and by whom it was.
CREATE TABLE status_change (
	id		BIGINT PRIMARY KEY,
	serial		TEXT NOT NULL,		-- of the sign certificate
	kind		TEXT NOT NULL,		-- hold, release, revocation
	statement	TEXT NOT NULL,		-- canonical JSON, as the signer wants it
	account		BIGINT NOT NULL,	-- the holder's, 0: staff
	staff		BIGINT NOT NULL,	-- the first officer, 0: the holder
	second		BIGINT NOT NULL,	-- the officer whose turn is next, 0: one is enough
	signature	BYTEA,			-- the first officer's, DER
	state		TEXT NOT NULL,		-- drafted, waiting (for the second), done
	created		BIGINT NOT NULL,	-- ms
	done_at		BIGINT NOT NULL		-- ms, 0: not yet
);
CREATE INDEX status_change_waiting ON status_change (state, created);
