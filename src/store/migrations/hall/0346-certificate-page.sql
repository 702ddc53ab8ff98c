-- A certificate's history asks for every order that was about it, also those that are done.
CREATE INDEX orders_concerning ON orders (concerns) WHERE concerns <> '';
