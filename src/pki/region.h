#ifndef PKI_REGION_H
#define PKI_REGION_H
#include "base/base.h"
/*
 * Provinces and their prefecture-level cities for forms and subjects (region.def), after
 * GB/T 2260.  Municipalities and the special administrative regions have themselves as their
 * one city; counties directly under a province stand behind the prefectures.
 */
struct region {
	const char	*code;			/* two digits of GB/T 2260 */
	const char	*name;			/* 湖南省 */
	const char	*const *cities;		/* ends with NULL */
};
extern const struct region	regions[];	/* 34 rows; ends with code NULL */

const struct region	*region_find(const char *name);		/* NULL when unknown */
const struct region	*region_by_code(const char *code);	/* first two digits count */
bool			 region_has_city(const char *province, const char *city);
#endif
