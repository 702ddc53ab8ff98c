#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"

#include <fcntl.h>
#include <sys/file.h>

/* The supervisor holds a lock as long as it lives. */
static bool
status_is_serving(void)
{
	char	 path[256];
	int	 fd;
	bool	 held;

	snprintf(path, sizeof(path), "%s/supervisor.lock", conf_path("run.dir"));
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	held = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return held;
}

static void
status_print(const json_t *j)
{
	const json_t	*p;
	size_t		 i;
	char		 since[CLOCK_TEXT];

	printf("supervisor  pid %" PRId64 "  since %s\n", js_int(j, "pid", 0),
	    clock_datetime(js_int(j, "started", 0), since));
	json_array_foreach(json_object_get(j, "processes"), i, p) {
		printf("%-10s  %s  pid %-7" PRId64 "  since %s  restarts %" PRId64 "\n",
		    js_str(p, "name"), js_bool(p, "running") ? "up  " : "DOWN",
		    js_int(p, "pid", 0), clock_datetime(js_int(p, "since", 0), since),
		    js_int(p, "restarts", 0));
	}
}

static int
cmd_status(int argc, char **argv, struct err *err)
{
	struct buf	 b;
	json_t		*j = NULL;
	char		 path[256];
	int		 rc = -1;

	(void)argv;
	if (argc != 1)
		return command_usage(command_by_name("status"), err);
	if (!status_is_serving())
		return err_set(err, ERR_WRONG_STATE, "not serving %s: run yinxin serve",
		    conf_str("data.dir"));
	snprintf(path, sizeof(path), "%s/status.json", conf_path("run.dir"));
	buf_init(&b, LIMIT_JSON);
	if (file_read(path, &b, err) == 0 && json_parse(b.p, b.len, 0, &j, err) == 0) {
		status_print(j);
		rc = 0;
	}
	json_decref(j);
	buf_free(&b);
	return rc;
}

const struct command	 command_status = {
	.name = "status", .args = "",
	.help = "Tell which service processes run, since when, and how often they were restarted.",
	.run = cmd_status,
};
