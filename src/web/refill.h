#ifndef WEB_REFILL_H
#define WEB_REFILL_H
#include "base/json.h"
/*
 * A form that was refused, shown again: in every {"groups":[{"fields":[…]}]} of the model the
 * fields get what was typed (passwords excepted) and the sentence from errors that is theirs.
 */
void	refill(json_t *model, const json_t *in, const json_t *errors);
#endif
