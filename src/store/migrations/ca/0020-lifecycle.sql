-- What an issue replaces: renewal, re-issue and change of an earlier pair.
ALTER TABLE issue ADD COLUMN op TEXT NOT NULL DEFAULT 'new';
ALTER TABLE issue ADD COLUMN replaces TEXT NOT NULL DEFAULT '';	-- sign serial of the old pair
CREATE UNIQUE INDEX issue_sign ON issue (sign_serial);
-- A pair is replaced once, whoever asks at the same time.
CREATE UNIQUE INDEX issue_replaces ON issue (replaces) WHERE replaces <> '';

-- certificate.status: good, held, revoked.  changed: ms of the last change, 0: never.
ALTER TABLE certificate ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE certificate ADD COLUMN invalid_since BIGINT NOT NULL DEFAULT 0;	-- ms, 0: not said
UPDATE certificate SET changed = revoked_at;
CREATE INDEX certificate_changed ON certificate (changed);
