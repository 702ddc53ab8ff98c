-- The wrapping keys: files kmc-keys/wrap.key (1) and wrap-N.key; rows in escrow name theirs.
CREATE TABLE wrapping_key (
	version		BIGINT PRIMARY KEY,
	state		TEXT NOT NULL,		-- active, retiring, destroyed
	created		BIGINT NOT NULL,	-- ms; 0: with the installation
	destroyed	BIGINT NOT NULL		-- ms; 0: not
);
INSERT INTO wrapping_key (version, state, created, destroyed) VALUES (1, 'active', 0, 0);

ALTER TABLE escrow ADD COLUMN version BIGINT NOT NULL DEFAULT 1;	-- wrapping_key
ALTER TABLE escrow ADD COLUMN subject TEXT NOT NULL DEFAULT '';	-- hex SM3 of "type:number"; '': not told
ALTER TABLE escrow ADD COLUMN not_after BIGINT NOT NULL DEFAULT 0;	-- ms, of its certificate; 0: not told
ALTER TABLE escrow ADD COLUMN state TEXT NOT NULL DEFAULT 'kept';	-- kept, destroyed (sealed is empty)
ALTER TABLE escrow ADD COLUMN destroyed BIGINT NOT NULL DEFAULT 0;	-- ms; 0: not
-- A pair is given to one order only, whatever happens.
CREATE UNIQUE INDEX escrow_point ON escrow (enc_point);
CREATE INDEX escrow_subject ON escrow (subject);
CREATE INDEX escrow_version ON escrow (version, ref);

-- Who may sign for recovery, destruction and unlocking; kept here, whatever the signer says.
CREATE TABLE key_officer (
	serial		TEXT PRIMARY KEY,	-- of the certificate, upper-case hex
	name		TEXT NOT NULL,
	der		BYTEA NOT NULL,		-- the certificate
	active		BIGINT NOT NULL,	-- 0 or 1
	created		BIGINT NOT NULL,	-- ms
	ended		BIGINT NOT NULL		-- ms; 0: not
);

-- Keys that were given out again, one row a recovery order.
CREATE TABLE recovery (
	ref		TEXT PRIMARY KEY,	-- recovery order
	kind		TEXT NOT NULL,		-- user, judicial
	serial		TEXT NOT NULL,		-- encryption certificate whose key it is
	escrow		TEXT NOT NULL,		-- escrow.ref
	officer		TEXT NOT NULL,		-- serial
	second		TEXT NOT NULL,		-- serial of the other one
	document	TEXT NOT NULL,		-- judicial: number of the document; ''
	receiver	TEXT NOT NULL,		-- serial of the sign certificate it was enveloped for
	sign_point	BYTEA NOT NULL,		-- that certificate's key
	statement	TEXT NOT NULL,
	signature	BYTEA NOT NULL,		-- the officer's, DER
	second_signature BYTEA NOT NULL,	-- the second's
	created		BIGINT NOT NULL		-- ms
);
CREATE INDEX recovery_escrow ON recovery (escrow);

-- Hash chain, as in the ca store.
CREATE TABLE journal (
	seq		BIGINT PRIMARY KEY,
	time		BIGINT NOT NULL,	-- ms
	what		TEXT NOT NULL,
	detail		TEXT NOT NULL,		-- JSON
	hash		TEXT NOT NULL		-- lower-case hex
);
