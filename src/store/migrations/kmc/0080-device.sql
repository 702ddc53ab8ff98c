-- UKeys whose device key was given out, once: by the administrator, or to the holder of a sign
-- key, under that key.
CREATE TABLE device (
	serial		TEXT NOT NULL PRIMARY KEY,
	sign_point	BYTEA NOT NULL,		-- for whom; empty: the administrator
	given		BIGINT NOT NULL		-- ms
);
