-- When the holder proved by a code that he reads this mail address; 0: he only wrote it down.
ALTER TABLE account ADD COLUMN mail_proved BIGINT NOT NULL DEFAULT 0;
