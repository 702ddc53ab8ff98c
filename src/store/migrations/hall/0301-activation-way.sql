-- How the activation PIN travelled: 'sms', or 'remittance' with the number of the transfer.
ALTER TABLE activation ADD COLUMN way TEXT NOT NULL DEFAULT 'sms';
ALTER TABLE activation ADD COLUMN remit_no TEXT NOT NULL DEFAULT '';
