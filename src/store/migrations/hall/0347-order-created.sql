-- Lists of all orders, the newest first.
CREATE INDEX orders_created ON orders (created);
