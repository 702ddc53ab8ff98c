-- Orders begun together and paid at once: renewals of many certificates of one account.
CREATE TABLE bundle (
	id		BIGINT NOT NULL PRIMARY KEY,
	no		TEXT NOT NULL UNIQUE,	-- 20 digits, begins with the date
	account		BIGINT NOT NULL,
	version		BIGINT NOT NULL,	-- compare-and-set when a payment is begun
	created		BIGINT NOT NULL
);
CREATE INDEX bundle_account ON bundle (account, created);
CREATE TABLE bundle_order (
	order_id	BIGINT NOT NULL PRIMARY KEY,
	bundle		BIGINT NOT NULL
);
CREATE INDEX bundle_order_bundle ON bundle_order (bundle);

-- A trade for a bundle carries several orders (order_id 0).  Which and for how much is said before
-- it is paid; when it is paid each gets a trade of its own, its share, with the carrier as parent.
ALTER TABLE trade ADD COLUMN bundle BIGINT NOT NULL DEFAULT 0;	-- of a carrier
ALTER TABLE trade ADD COLUMN parent BIGINT NOT NULL DEFAULT 0;	-- of a share: its carrier
CREATE INDEX trade_bundle ON trade (bundle, created) WHERE bundle <> 0;
-- One share an order of each carrier, whatever facts come twice.
CREATE UNIQUE INDEX trade_parent ON trade (parent, order_id) WHERE parent <> 0;
CREATE INDEX trade_refund ON trade (refund_no) WHERE refund_no <> '';
CREATE TABLE trade_share (
	trade		BIGINT NOT NULL,	-- the carrier
	order_id	BIGINT NOT NULL,
	amount		BIGINT NOT NULL,	-- fen
	PRIMARY KEY (trade, order_id)
);

-- Who was reminded of several certificates on a day, so that the rest of them needs no other message.
CREATE TABLE reminder_day (
	account		BIGINT NOT NULL,
	mobile		TEXT NOT NULL,		-- keyed digest
	day		TEXT NOT NULL,		-- 2026-11-28, China
	PRIMARY KEY (account, mobile, day)
);
