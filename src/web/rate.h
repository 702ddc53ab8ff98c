#ifndef WEB_RATE_H
#define WEB_RATE_H
#include "base/base.h"
/*
 * How often one address may use one page: counted in memory, by the minute, so that a flood
 * costs nothing.  What guards secrets (codes, passwords) is counted in the store besides, by
 * the hall.
 */
/* Count one; false when there were more than per_minute in this minute. */
bool	rate_take(const char *what, const char *who, int per_minute);
void	rate_forget(void);		/* everything; for tests */
#endif
