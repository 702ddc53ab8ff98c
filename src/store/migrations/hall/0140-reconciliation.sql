-- The bills of the payment channels against our books, day by day.
CREATE TABLE reconciliation (
	channel		TEXT NOT NULL,
	day		TEXT NOT NULL,		-- 2026-11-20, China
	state		TEXT NOT NULL,		-- done; failed: no bill was to be had
	matched		BIGINT NOT NULL,	-- rows that agree
	detail		TEXT NOT NULL,		-- why it failed, for operators
	at		BIGINT NOT NULL,	-- ms
	PRIMARY KEY (channel, day)
);

CREATE TABLE reconciliation_row (
	id		BIGINT PRIMARY KEY,
	channel		TEXT NOT NULL,
	day		TEXT NOT NULL,
	kind		TEXT NOT NULL,		-- unknown, missing, amount, found, refund_*
	trade_no	TEXT NOT NULL,
	refund_no	TEXT NOT NULL,		-- '': a payment
	ours		BIGINT NOT NULL,	-- fen in our books
	theirs		BIGINT NOT NULL,	-- fen on the bill
	state		TEXT NOT NULL,		-- open, closed
	note		TEXT NOT NULL,		-- what was found out
	staff		TEXT NOT NULL,		-- who closed it
	at		BIGINT NOT NULL,	-- ms, found
	closed_at	BIGINT NOT NULL,	-- ms, 0: open
	UNIQUE (channel, day, kind, trade_no, refund_no)
);
CREATE INDEX reconciliation_row_state ON reconciliation_row (state, at);
CREATE INDEX trade_paid ON trade (channel, paid_at);
CREATE INDEX trade_refunded ON trade (channel, refunded_at);
