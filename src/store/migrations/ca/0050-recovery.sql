-- Key recovery finds a pair by its encryption certificate, and by the UKey that asks.
CREATE INDEX issue_enc ON issue (enc_serial);
CREATE INDEX issue_point ON issue (point);
