-- The sign certificate that a renewal replaces; '' for a first application.
ALTER TABLE orders ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
-- One renewal of a certificate at a time, whoever clicks twice.
CREATE UNIQUE INDEX orders_replaces ON orders (replaces)
WHERE replaces <> '' AND state <> 'cancelled';
