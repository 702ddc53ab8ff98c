-- One entry on the bank's statement confirms one transfer, also when two clerks press at once.
CREATE UNIQUE INDEX trade_entry ON trade (provider_no)
	WHERE channel = 'transfer' AND parent = 0 AND provider_no <> '';
