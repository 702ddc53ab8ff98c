-- Partitioned revocation lists: a certificate whose profile has list_parts stands in the list of its
-- own part, 1 …; 0: in the CA's whole list alone.
ALTER TABLE certificate ADD COLUMN part BIGINT NOT NULL DEFAULT 0;
CREATE INDEX certificate_part ON certificate (authority, part, changed) WHERE part > 0;
-- The parts in use; one stays for as long as its CA has lists.
CREATE TABLE list_part (
	authority	TEXT NOT NULL,
	part		BIGINT NOT NULL,
	PRIMARY KEY (authority, part)
);
