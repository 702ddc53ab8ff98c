-- Registration authorities: who may have certificates of one profile issued to machines.
CREATE TABLE ra (
	name		TEXT PRIMARY KEY,
	profile		TEXT NOT NULL,		-- the one it may ask for
	suffix		TEXT NOT NULL,		-- what every CN must end with; '': anything
	days		BIGINT NOT NULL,	-- life of the certificates
	digest		TEXT NOT NULL,		-- SM3 of its secret, lower-case hex
	der		BYTEA NOT NULL,		-- certificate whose key signs its CMP messages
	print		TEXT NOT NULL,		-- SM3 of der, lower-case hex; '': it has none
	active		BIGINT NOT NULL,	-- 0 or 1
	created		BIGINT NOT NULL		-- ms
);
CREATE UNIQUE INDEX ra_print ON ra (print) WHERE print <> '';

-- What was enrolled: asked again, the same certificate comes back.
CREATE TABLE enrolment (
	ref		TEXT NOT NULL,		-- digest of who asks for what (signer/enrol.c)
	turn		BIGINT NOT NULL,	-- 0, and one more when the earlier one is old
	ra		TEXT NOT NULL,
	request		TEXT NOT NULL,		-- digest of the request as it came
	subject		TEXT NOT NULL,		-- digest of the subject's name
	serial		TEXT NOT NULL,
	created		BIGINT NOT NULL,	-- ms
	PRIMARY KEY (ref, turn)
);
CREATE INDEX enrolment_ra ON enrolment (ra, subject);
CREATE UNIQUE INDEX enrolment_serial ON enrolment (serial);
