-- Electronic invoices.  An order is on one live invoice at most: that is what invoice_claim is for.
CREATE TABLE invoice (
	id		BIGINT PRIMARY KEY,
	no		TEXT NOT NULL UNIQUE,	-- F and 20 digits; with _attempt it is the provider's
	account		BIGINT NOT NULL,
	state		TEXT NOT NULL,		-- hall/invoice/invoice.h
	version		BIGINT NOT NULL,
	attempt		BIGINT NOT NULL,	-- grows when a refused one is asked for with other data
	kind		TEXT NOT NULL,		-- common special
	title		TEXT NOT NULL,
	buyer		BYTEA NOT NULL,		-- sealed JSON: tax_no, address, bank, mail …
	items		TEXT NOT NULL,		-- JSON, as asked for
	amount		BIGINT NOT NULL,	-- fen, with tax
	tax		BIGINT NOT NULL,	-- of it; 0 before it is issued
	code		TEXT NOT NULL,
	number		TEXT NOT NULL,		-- '' before it is issued
	red_number	TEXT NOT NULL,		-- of the red letter
	reason		TEXT NOT NULL,		-- of a failure, for staff
	file		TEXT NOT NULL,		-- blob of the PDF, '' before
	replaces	BIGINT NOT NULL,	-- id of the one whose red letter it waits for, 0
	undo		BIGINT NOT NULL,	-- 1: take it back as soon as it is issued
	created		BIGINT NOT NULL,
	issued_at	BIGINT NOT NULL,	-- 0 before
	reversed_at	BIGINT NOT NULL		-- 0 before
);
CREATE INDEX invoice_account ON invoice (account, created);
CREATE INDEX invoice_state ON invoice (state, created);
CREATE INDEX invoice_replaces ON invoice (replaces);

CREATE TABLE invoice_order (
	invoice_id	BIGINT NOT NULL,
	order_id	BIGINT NOT NULL,
	amount		BIGINT NOT NULL,	-- fen
	PRIMARY KEY (invoice_id, order_id)
);
CREATE INDEX invoice_order_order ON invoice_order (order_id);

CREATE TABLE invoice_claim (
	order_id	BIGINT PRIMARY KEY,
	invoice_id	BIGINT NOT NULL
);
CREATE INDEX invoice_claim_invoice ON invoice_claim (invoice_id);
