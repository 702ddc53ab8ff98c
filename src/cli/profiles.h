#ifndef CLI_PROFILES_H
#define CLI_PROFILES_H
#include "base/err.h"
/*
 * The profiles in force, as the operator reads them (`yinxin ca profiles [FILE]`), and what of the
 * shipped ones still has to be replaced before certificates go to the public.
 */
/* FILE NULL: those in force; otherwise it is read and checked whole instead. */
NODISCARD int	profiles_print(const char *file, struct err *err);
/*
 * A line for each placeholder: an object identifier below 1.2.156.999999, which is nobody's, and
 * addresses of this machine that would go into certificates.  Always 0.
 */
int		profiles_print_placeholders(struct err *err);
#endif
