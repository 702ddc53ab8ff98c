-- The sign certificate that an operation is about without replacing it (unlock); '' otherwise.
ALTER TABLE orders ADD COLUMN concerns TEXT NOT NULL DEFAULT '';
-- One such operation at a time, whoever asks.
CREATE UNIQUE INDEX orders_concerns ON orders (concerns)
WHERE concerns <> '' AND state <> 'done' AND state <> 'cancelled';

-- A UKey, from the first pair that was written into it on.
CREATE TABLE medium (
	serial		TEXT NOT NULL PRIMARY KEY,	-- the device's own serial number
	account		BIGINT NOT NULL,		-- whose pairs are in it
	first_written	BIGINT NOT NULL			-- ms
);
-- Into which UKey the pair of an order was written.
CREATE TABLE medium_pair (
	order_id	BIGINT NOT NULL PRIMARY KEY,
	serial		TEXT NOT NULL,
	written		BIGINT NOT NULL			-- ms, of the last time
);

-- The link that was mailed to prove an applicant's mail address.
CREATE TABLE proof_link (
	order_id	BIGINT NOT NULL PRIMARY KEY,
	digest		TEXT NOT NULL,			-- keyed digest of its token
	created		BIGINT NOT NULL			-- ms
);
