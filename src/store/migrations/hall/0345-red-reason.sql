-- Why an invoice is taken back, as the provider was told: asked again it stays the same.
ALTER TABLE invoice ADD COLUMN red_reason TEXT NOT NULL DEFAULT '';	-- '' before
