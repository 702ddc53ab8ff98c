-- Where the private key of a soft certificate was made; never the key itself.
CREATE TABLE soft_key (
	order_id BIGINT PRIMARY KEY,	-- orders.id
	way TEXT NOT NULL,		-- assistant: a container file of the applicant's; request: his own PKCS#10
	container TEXT NOT NULL,	-- number of that container file, '' for a request
	made BIGINT NOT NULL		-- when the request came, ms
);
