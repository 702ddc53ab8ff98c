-- Status queries and codes look for orders by the agent's phone.
CREATE INDEX orders_mobile ON orders (mobile_digest);
