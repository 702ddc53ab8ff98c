#ifndef MAIN_ASSISTANT_COMMAND_H
#define MAIN_ASSISTANT_COMMAND_H
#include "token/assistant.h"
/* The commands of yinxin-assistant: one key at a time, from the command line. */

/* argv[0] is the command's name. */
NODISCARD int	assistant_command(int argc, char **argv, struct err *err);
/* One line each, on standard output. */
void		assistant_command_help(void);
#endif
