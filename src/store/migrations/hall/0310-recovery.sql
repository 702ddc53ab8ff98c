-- Key recovery: what two key officers sign, and when they did.  One row an order, dropped when
-- it has to be signed again; the order's events keep who had signed.
CREATE TABLE recovery (
	order_id	BIGINT NOT NULL PRIMARY KEY,
	version		BIGINT NOT NULL,	-- of the order that was looked at
	statement	TEXT NOT NULL,		-- canonical JSON, as kmc wants it
	first		BIGINT NOT NULL,	-- staff who drafted it and signs first
	second		BIGINT NOT NULL,	-- staff whose turn is next
	first_signature	BYTEA,			-- DER; NULL until signed
	first_at	BIGINT NOT NULL,	-- ms, 0: not yet
	second_signature BYTEA,
	second_at	BIGINT NOT NULL,
	expires		BIGINT NOT NULL		-- ms: after it nobody signs and no key leaves
);
CREATE INDEX recovery_expires ON recovery (expires);
