ALTER TABLE eseal ADD COLUMN kind TEXT NOT NULL DEFAULT 'stamp';	-- stamp, signature (of a person)
