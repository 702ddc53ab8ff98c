-- Reminders that went out: once for each certificate and stage (days before its end, negative after).
CREATE TABLE reminder (
	serial TEXT NOT NULL,
	days INTEGER NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (serial, days)
);
CREATE INDEX certificate_ends ON certificate (not_after);
