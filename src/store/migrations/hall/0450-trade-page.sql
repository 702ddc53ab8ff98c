-- Paying by logging in at the channel's page on the PC (alipay.trade.page.pay): when its address, kept in
-- qr, was signed last; 0: a code to scan, or no online payment at all.
ALTER TABLE trade ADD COLUMN page BIGINT NOT NULL DEFAULT 0;
