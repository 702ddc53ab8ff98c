-- Electronic seals.  The picture that an order's seal will show, as the reviewer sees it.
CREATE TABLE seal_picture (
	order_id	BIGINT PRIMARY KEY,
	source		TEXT NOT NULL,		-- what it was made of: hall/certificate/eseal.c
	digest		TEXT NOT NULL,		-- SM3 of png, lower-case hex
	width		BIGINT NOT NULL,	-- millimetres
	height		BIGINT NOT NULL,
	png		BYTEA NOT NULL,
	created		BIGINT NOT NULL		-- ms
);
-- Those that were made.
CREATE TABLE eseal (
	es_id		TEXT PRIMARY KEY,	-- esID
	order_id	BIGINT NOT NULL,
	serial		TEXT NOT NULL,		-- sign certificate it is for
	name		TEXT NOT NULL,
	digest		TEXT NOT NULL,		-- SM3 of its picture
	not_before	BIGINT NOT NULL,	-- ms
	not_after	BIGINT NOT NULL,
	der		BYTEA NOT NULL,		-- SESeal
	superseded	TEXT NOT NULL,		-- esID of the one in its place, '' none
	superseded_at	BIGINT NOT NULL,	-- ms
	created		BIGINT NOT NULL
);
CREATE UNIQUE INDEX eseal_order ON eseal (order_id);
CREATE INDEX eseal_serial ON eseal (serial);
