-- The signer knows a machine that speaks for itself by the digest of its certificate.
ALTER TABLE enrolment ADD COLUMN print TEXT NOT NULL DEFAULT '';	-- SM3, lower-case hex
CREATE INDEX enrolment_print ON enrolment (print);
