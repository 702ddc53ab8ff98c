-- Proofs of who the applicant is, by the ways of the hall; one row a try.
CREATE TABLE proof (
	id		BIGINT NOT NULL PRIMARY KEY,
	order_id	BIGINT NOT NULL,
	account		BIGINT NOT NULL,		-- whose try it is
	way		TEXT NOT NULL,			-- ways.def
	state		TEXT NOT NULL,			-- proof.h
	stage		BIGINT NOT NULL,		-- which of the way's questions is open
	data		BYTEA NOT NULL,			-- sealed: what the applicant filled in
	proves		TEXT NOT NULL,			-- keyed digest: of whom it is a proof
	handler		TEXT NOT NULL,			-- keyed digest: account and agent it is good for
	code		TEXT NOT NULL,			-- keyed digest of what the payee reads; '' none
	tries		BIGINT NOT NULL,		-- answers that were wrong
	remit_no	TEXT NOT NULL,			-- its remittance, '' none
	provider_no	TEXT NOT NULL,			-- provider's number of the last answer
	evidence	TEXT NOT NULL,			-- SM3 of that answer, hex
	reason		TEXT NOT NULL,			-- sentence when it failed
	created		BIGINT NOT NULL,		-- ms
	expires		BIGINT NOT NULL,		-- ms; open no longer than that
	ended		BIGINT NOT NULL			-- ms; 0: open
);
CREATE INDEX proof_order ON proof (order_id, created);
CREATE INDEX proof_proves ON proof (proves, handler, state);
-- One open try of an order at a time, whoever asks.
CREATE UNIQUE INDEX proof_open ON proof (order_id) WHERE ended = 0;

-- Small sums that went to somebody's account with words on the statement; the words are not here.
CREATE TABLE remittance (
	id		BIGINT NOT NULL PRIMARY KEY,
	no		TEXT NOT NULL UNIQUE,		-- our number at the bank
	order_id	BIGINT NOT NULL,
	purpose		TEXT NOT NULL,			-- proof, pin
	payee		TEXT NOT NULL,			-- masked, for lists
	fen		BIGINT NOT NULL,
	state		TEXT NOT NULL,			-- waiting accepted paid failed returned unknown
	bank_no		TEXT NOT NULL,			-- the bank's number
	reason		TEXT NOT NULL,			-- the bank's words when failed or returned
	created		BIGINT NOT NULL,		-- ms
	updated		BIGINT NOT NULL,		-- ms, of the state
	paid_at		BIGINT NOT NULL			-- ms, 0 not
);
CREATE INDEX remittance_order ON remittance (order_id, created);
CREATE INDEX remittance_state ON remittance (state, created);
CREATE INDEX remittance_paid ON remittance (paid_at);
