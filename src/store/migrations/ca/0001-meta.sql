-- Facts about the installation itself: its id, when it was made.
CREATE TABLE meta (
	name	TEXT PRIMARY KEY,
	value	TEXT NOT NULL
);
