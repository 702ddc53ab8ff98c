#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/profiles.h"
#include "signer/signer.h"

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

/* CAs that should sign and have no key at hand; nothing when all is well. */
static void
status_print_cas(void)
{
	struct err	 err = {0};
	json_t		*answer = NULL, *row;
	size_t		 i, issuing = 0;

	if (signer_ca("ca_list", NULL, NULL, NULL, &answer, &err) < 0) {
		if (err.kind != ERR_DENIED)
			printf("warning: the signer does not tell of its CAs: %s\n", err.text);
		return;
	}
	json_array_foreach(json_object_get(answer, "authorities"), i, row) {
		issuing += js_str(row, "parent")[0] != '\0' && !js_bool(row, "lacks_key") &&
		    strcmp(js_str(row, "state"), "active") == 0;
		if (js_bool(row, "lacks_key"))
			printf("warning: %s has no key at hand (%s, %s): it signs neither "
			    "certificates nor lists; %s\n", js_str(row, "id"), js_str(row, "key"),
			    js_str(row, "address"), strcmp(js_str(row, "key"), "away") == 0 ?
			    "put it back, the signer takes it up by itself" : "the signer's log says "
			    "why (authority.no_key); start the signer again then");
	}
	if (issuing == 0)
		printf("warning: no CA can issue certificates; see yinxin ca list\n");
	json_decref(answer);
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
		status_print_cas();
		rc = profiles_print_placeholders(err);
	}
	json_decref(j);
	buf_free(&b);
	return rc;
}

const struct command	 command_status = {
	.name = "status", .args = "",
	.help = "Tell which service processes run, since when, how often they were restarted, and what is lacking.",
	.run = cmd_status,
};
