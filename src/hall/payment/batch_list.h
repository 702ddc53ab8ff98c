#ifndef HALL_BATCH_LIST_H
#define HALL_BATCH_LIST_H
#include "base/json.h"
/*
 * A list of persons as text (CSV in UTF-8, or cells pasted from a spreadsheet): one a line, cells
 * between commas or tabs: name, identity number, mobile, mail, user name.  A heading line, empty
 * lines and a byte order mark are passed over; a cell may stand in double quotes.
 *
 * What the cells say is not checked here: a line with too few or too many is given as it is, with
 * "fault".  Fuzzed.
 */
#define BATCH_LINES	99		/* persons in a list */
#define BATCH_LINE	400		/* bytes of a line */

/*
 * [{"text": the line,"name","id_no","mobile","mail","user_name","fault": sentence, "" none}]
 * ERR_INPUT: no UTF-8, no line at all; ERR_LIMIT: too many lines, or one too long.
 */
NODISCARD int	batch_list_parse(const char *p, size_t len, json_t **list, struct err *err);
#endif
