-- Certificates are found by their subject, and by the digest of the identity code they carry
-- (kmc_subject: the same under which kmc finds keys).  '': carries none, or was issued before this.
ALTER TABLE certificate ADD COLUMN identity TEXT NOT NULL DEFAULT '';
CREATE INDEX certificate_identity ON certificate (identity) WHERE identity <> '';
CREATE INDEX certificate_subject ON certificate (subject);
