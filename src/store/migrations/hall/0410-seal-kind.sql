-- What a seal is: the stamp of a unit or person, or a person's signature; and what of an order's
-- price it costs.
ALTER TABLE eseal ADD COLUMN kind TEXT NOT NULL DEFAULT 'stamp';	-- stamp, signature
ALTER TABLE orders ADD COLUMN seal_fen BIGINT NOT NULL DEFAULT 0;	-- part of amount
