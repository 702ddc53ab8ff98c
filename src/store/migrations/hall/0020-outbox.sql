-- What is asked of the outside world, and what it told us by itself.

CREATE TABLE outbox (
	id		BIGINT PRIMARY KEY,
	kind		TEXT NOT NULL,		-- gate.h: "sms", "pay.create" …
	idem_key	TEXT NOT NULL UNIQUE,
	ref		TEXT NOT NULL,		-- trade_no or request_id, '' for messages
	payload		BYTEA NOT NULL,		-- sealed JSON
	auto		BIGINT NOT NULL,	-- 1: put by gate itself (sweeps)
	state		TEXT NOT NULL,		-- waiting sending done failed unknown dead
	attempts	BIGINT NOT NULL,
	next_at		BIGINT NOT NULL,
	lease_until	BIGINT NOT NULL,	-- while sending
	last_error	TEXT NOT NULL,		-- '' or the last sentence
	created		BIGINT NOT NULL,
	done_at		BIGINT NOT NULL		-- 0 before
);
CREATE INDEX outbox_due ON outbox (state, next_at);
CREATE INDEX outbox_ref ON outbox (ref, kind);

CREATE TABLE inbox (
	channel		TEXT NOT NULL,		-- "alipay", "wechat"
	event_id	TEXT NOT NULL,		-- the provider's, the same in each repetition
	ref		TEXT NOT NULL,		-- trade_no or refund_no
	body		BYTEA NOT NULL,		-- sealed raw bytes
	verdict		TEXT NOT NULL,		-- taken | amount | ignored
	created		BIGINT NOT NULL,
	PRIMARY KEY (channel, event_id)
);
CREATE INDEX inbox_ref ON inbox (ref);
