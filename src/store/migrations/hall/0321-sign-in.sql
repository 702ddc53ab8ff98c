-- Sign-ins of accounts: what was seen before is not told again.
CREATE TABLE sign_in (
	id		BIGINT NOT NULL PRIMARY KEY,
	account		BIGINT NOT NULL,
	at		BIGINT NOT NULL,	-- ms
	serial		TEXT NOT NULL,		-- certificate signed in with, '' otherwise
	address		TEXT NOT NULL,
	place		TEXT NOT NULL,		-- the network: IPv4 16 bits, IPv6 48 bits
	device		TEXT NOT NULL,		-- keyed digest of the browser's name without its numbers
	agent		TEXT NOT NULL,		-- for people: Windows Chrome
	fresh		BIGINT NOT NULL,	-- 1: a device or network not seen before
	told		BIGINT NOT NULL		-- 1: the account was told of it
);
CREATE INDEX sign_in_account ON sign_in (account, at);
-- Is the account told of sign-ins from somewhere new?
ALTER TABLE account ADD COLUMN sign_in_notice BIGINT NOT NULL DEFAULT 1;
