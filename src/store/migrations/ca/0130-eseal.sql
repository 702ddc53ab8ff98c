-- Electronic seals that were made: asked again for the same order, the same one comes back.
CREATE TABLE eseal (
	ref		TEXT PRIMARY KEY,	-- order
	es_id		TEXT NOT NULL,		-- esID of the seal
	sign_serial	TEXT NOT NULL,		-- certificate it is for
	maker		TEXT NOT NULL,		-- serial of the maker's certificate
	picture		TEXT NOT NULL,		-- SM3 of the picture, lower-case hex
	der		BYTEA NOT NULL,		-- SESeal
	line		BIGINT NOT NULL,	-- of the journal, that tells of its making
	created		BIGINT NOT NULL		-- ms
);
CREATE UNIQUE INDEX eseal_es_id ON eseal (es_id);
CREATE INDEX certificate_seal_maker ON certificate (created) WHERE ref = 'seal';
