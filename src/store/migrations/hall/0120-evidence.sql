-- Materials, identity checks, money.

CREATE TABLE blob (
	digest		TEXT PRIMARY KEY,	-- keyed digest of the content, hex
	body		BYTEA NOT NULL,		-- sealed
	size		BIGINT NOT NULL,	-- of the content
	created		BIGINT NOT NULL
);

CREATE TABLE material (
	order_id	BIGINT NOT NULL,
	kind		TEXT NOT NULL,		-- id in the definition
	blob		TEXT NOT NULL,		-- kept picture
	thumb		TEXT NOT NULL,		-- blob of the thumbnail
	type		TEXT NOT NULL,		-- "jpg" or "png" of the kept picture
	width		BIGINT NOT NULL,
	height		BIGINT NOT NULL,
	dpi		BIGINT NOT NULL,	-- as stated in the upload, 0 unknown
	size		BIGINT NOT NULL,	-- bytes of the kept picture
	at		BIGINT NOT NULL,
	PRIMARY KEY (order_id, kind)
);

CREATE TABLE face (
	id		BIGINT PRIMARY KEY,
	order_id	BIGINT NOT NULL,
	token		BYTEA NOT NULL,		-- sealed: shown again to the same page
	token_digest	TEXT NOT NULL UNIQUE,	-- SM3
	state		TEXT NOT NULL,		-- created opened pending passed failed
	stage		TEXT NOT NULL,		-- "", "factors", "face": what is being asked
	proves		TEXT NOT NULL,		-- keyed digest of name, ID number and mobile asked about
	meta		TEXT NOT NULL,		-- what the phone says about itself, for the provider
	factors		BIGINT NOT NULL,	-- 1: name, ID number and mobile agree
	url		TEXT NOT NULL,		-- provider's page for the phone
	provider_no	TEXT NOT NULL,		-- provider's request or certify id
	reason		TEXT NOT NULL,		-- sentence when failed
	created		BIGINT NOT NULL,
	ended		BIGINT NOT NULL		-- passed or failed, 0 before
);
CREATE INDEX face_order ON face (order_id, created);

CREATE TABLE trade (
	id		BIGINT PRIMARY KEY,
	no		TEXT NOT NULL UNIQUE,	-- our trade number at the provider
	order_id	BIGINT NOT NULL,
	channel		TEXT NOT NULL,		-- alipay wechat transfer
	amount		BIGINT NOT NULL,	-- fen asked for
	received	BIGINT NOT NULL,	-- fen as the fact says, 0 before
	state		TEXT NOT NULL,		-- payment.h
	version		BIGINT NOT NULL,
	qr		TEXT NOT NULL,
	provider_no	TEXT NOT NULL,
	refund_no	TEXT NOT NULL,
	reason		TEXT NOT NULL,		-- of failure or exception
	voucher		TEXT NOT NULL,		-- blob
	voucher_type	TEXT NOT NULL,
	remark		TEXT NOT NULL,
	created		BIGINT NOT NULL,
	asked		BIGINT NOT NULL,	-- last query
	paid_at		BIGINT NOT NULL,
	refunded_at	BIGINT NOT NULL
);
CREATE INDEX trade_order ON trade (order_id, created);
CREATE INDEX trade_state ON trade (state, created);
