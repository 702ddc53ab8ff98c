#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H
#include "store/statement.h"
/*
 * What an engine (sqlite.c, pgsql.c) gives to store.c.  Private to the floor.
 */
struct engine {
	const char	*prefix;	/* of its addresses */
	int	(*open)(struct store *s, const char *address, struct err *err);
	void	(*close)(struct store *s);
	int	(*write)(struct store *s, store_fn fn, void *arg, struct err *err);
	int	(*read)(struct store *s, store_fn fn, void *arg, struct err *err);
	/* SAVEPOINT and its two ends. */
	int	(*plain)(struct db *db, const char *sql, struct err *err);
	/* Run; rows NULL: to the end, counting changes. */
	int	(*exec)(struct db *db, const struct statement *st, enum sql_id id,
		    const struct db_arg *args, int64_t *changed, struct rows **rows,
		    struct err *err);
	int		(*next)(struct rows *r, struct err *err);
	int64_t		(*get_int)(struct rows *r, int col);
	const char	*(*get_text)(struct rows *r, int col);
	const void	*(*get_blob)(struct rows *r, int col, size_t *len);
	bool		(*is_null)(struct rows *r, int col);
	void		(*rows_free)(struct rows *r);
};
extern const struct engine	engine_sqlite, engine_pgsql;
/* The file of an address of SQLite; the caller frees it. */
char	*sqlite_path(const char *address);

struct store {
	const struct engine	*engine;
	enum store_kind		 kind;
	bool			 read_only;
	void			*impl;		/* the engine's own */
};

struct db {
	struct store	*store;
	void		*conn;		/* the engine's connection */
	bool		 writable;
	int		 depth;		/* of db_nested */
	bool		 retry;		/* the engine wants the transaction repeated */
	bool		 unique;	/* a statement met a unique index */
};

struct rows {
	const struct engine	*engine;
	struct db		*db;
};
#endif
