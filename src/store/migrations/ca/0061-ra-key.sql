-- A CMP message may name its sender's key only (senderKID): that of a self-signed certificate.
ALTER TABLE ra ADD COLUMN kid TEXT NOT NULL DEFAULT '';	-- subjectKeyIdentifier, lower-case hex
CREATE INDEX ra_kid ON ra (kid);
