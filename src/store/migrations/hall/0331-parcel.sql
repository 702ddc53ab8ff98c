-- Parcels ordered from the courier by wire, and where each that was sent is.
CREATE TABLE parcel (
	order_id	BIGINT PRIMARY KEY,
	attempt		BIGINT NOT NULL,	-- with it E<order no>_<attempt> is the courier's order
	state		TEXT NOT NULL,		-- hall/delivery/parcel.h
	waybill		TEXT NOT NULL,		-- '' before
	reason		TEXT NOT NULL,		-- why not, for staff
	staff		BIGINT NOT NULL,
	created		BIGINT NOT NULL
);

CREATE TABLE tracking (
	waybill		TEXT PRIMARY KEY,
	order_id	BIGINT NOT NULL,
	told		BIGINT NOT NULL,	-- 1: the receiver knows that it comes today
	signed_at	BIGINT NOT NULL,	-- 0 before
	created		BIGINT NOT NULL
);

CREATE TABLE track (
	waybill		TEXT NOT NULL,
	at		BIGINT NOT NULL,
	code		TEXT NOT NULL,		-- the courier's op code
	place		TEXT NOT NULL,
	text		TEXT NOT NULL,
	PRIMARY KEY (waybill, at, code)
);
