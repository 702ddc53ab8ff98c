-- Content that something let go of, and when: what nothing has any more is deleted after a while.
CREATE TABLE blob_left (
	digest		TEXT PRIMARY KEY,
	at		BIGINT NOT NULL
);
CREATE INDEX material_blob ON material (blob);
CREATE INDEX material_thumb ON material (thumb);
CREATE INDEX petition_picture_blob ON petition_picture (blob);
CREATE INDEX trade_voucher ON trade (voucher) WHERE voucher <> '';
CREATE INDEX invoice_file ON invoice (file) WHERE file <> '';
