-- UKeys are kept as a stock: batches received, what became of each, and its history.
-- account 0 and first_written 0: not issued yet; first_written is the day of its issue.
ALTER TABLE medium ADD COLUMN batch TEXT NOT NULL DEFAULT '';		-- '': never in stock, the applicant's own
ALTER TABLE medium ADD COLUMN kind TEXT NOT NULL DEFAULT '';		-- maker and model
ALTER TABLE medium ADD COLUMN state TEXT NOT NULL DEFAULT 'issued';	-- hall/medium/medium_state.def
ALTER TABLE medium ADD COLUMN order_id BIGINT NOT NULL DEFAULT 0;	-- whose pair is written into it, the newest
ALTER TABLE medium ADD COLUMN received BIGINT NOT NULL DEFAULT 0;	-- ms; own: first heard of
UPDATE medium SET received = first_written, order_id = COALESCE((SELECT MAX(p.order_id)
	FROM medium_pair p WHERE p.serial = medium.serial AND p.written = (SELECT MAX(q.written)
	FROM medium_pair q WHERE q.serial = medium.serial)), 0);
CREATE INDEX medium_batch ON medium (batch, state);

CREATE TABLE medium_event (
	id		BIGINT NOT NULL PRIMARY KEY,
	serial		TEXT NOT NULL,
	at		BIGINT NOT NULL,		-- ms
	what		TEXT NOT NULL,			-- received, bound, or an event of medium_state.def
	state		TEXT NOT NULL,			-- afterwards
	order_id	BIGINT NOT NULL,		-- 0 none
	staff		BIGINT NOT NULL,		-- who did it; 0: the applicant or the command line
	note		TEXT NOT NULL
);
CREATE INDEX medium_event_serial ON medium_event (serial, at);
INSERT INTO medium_event (id, serial, at, what, state, order_id, staff, note)
SELECT order_id, serial, written, 'write', 'issued', order_id, 0, '' FROM medium_pair;
