-- A subject's certificates may stand under several accounts: each but petition.account that a petition
-- asks for, with a link of its own that stops it.
CREATE TABLE petition_other (
	petition	BIGINT NOT NULL,
	account		BIGINT NOT NULL,
	stop		TEXT NOT NULL UNIQUE,	-- SM3 of the token that this one gets, or of nothing
	PRIMARY KEY (petition, account)
);
CREATE INDEX petition_other_account ON petition_other (account);
