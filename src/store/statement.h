#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H
#include "store/store.h"
/* The tables that tools/sql.py makes; read by the engines and the migrator. */
struct statement {
	const char	*name;
	int		 store;		/* enum store_kind, -1: every */
	int		 n_params;
	const char	*sql;
};
extern const struct statement	statements[SQL__MAX];

/* One statement of one migration; rows of a migration follow each other. */
struct migration {
	int		 store;		/* -1 ends the table */
	const char	*name;
	int		 part;
	const char	*sql;
};
extern const struct migration	migrations[];
#endif
