#ifndef HALL_HALL_OWN_H
#define HALL_HALL_OWN_H
#include "hall/hall.h"
/* Between hall.c and act.c. */
void	hall_want_poke(const struct hall *h);
/* Is the captcha's answer fixed by the setting test.captcha? "" when not. */
const char *hall_fixed_captcha(void);
#endif
