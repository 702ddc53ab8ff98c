#include "unit.h"
#include "outside.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "ipc/ipc.h"
#include "store/seal.h"
#include "store/store.h"

#include <signal.h>
#include <sys/wait.h>

/* The gate as a process: asked over its socket, stopped by SIGTERM, killed at work. */

static const struct gate_sink	 deaf;

static pid_t
process_start(void)
{
	struct err	 err = {0};
	pid_t		 pid = fork();

	if (pid == 0) {
		ipc_export_identity(IPC_GATE);
		ipc_speak_as(IPC_GATE);
		_exit(gate_main(&deaf, &err) < 0);
	}
	return pid;
}

static json_t *
process_wait_ready(void)
{
	struct err	 err = {0};
	json_t		*stats = NULL;

	for (int tries = 0; tries < 500; tries++) {
		err_clear(&err);
		if (gate_stats(&stats, &err) == 0)
			return stats;
		usleep(10000);
	}
	fail_msg("%s", err.text);
	return NULL;
}

static void
process_wait_state(const char *key, const char *want)
{
	char	 row[32] = "";

	for (int tries = 0; tries < 1000 && strcmp(row, want) != 0; tries++) {
		usleep(10000);
		outside_state(key, row);
	}
	assert_string_equal(row, want);
}

void
test_process__serves_over_its_socket(void **state)
{
	struct gate_answer	 answer;
	struct err		 err = {0};
	json_t			*none = json_object();
	int			 status;
	pid_t			 pid;

	(void)state;
	assert_ok(conf_set("run.dir", "run", &err));
	assert_ok(file_mkdirs(conf_path("run.dir"), 0700, &err));
	assert_ok(conf_set("store.hall", "sqlite:process/hall.db", &err));
	assert_ok(conf_set("store.data_key", "process/data.key", &err));
	assert_ok(file_mkdirs(conf_path("data.dir"), 0700, &err));
	outside_private("process");
	ipc_make_tokens();
	ipc_export_identity(IPC_WEB);
	ipc_speak_as(IPC_WEB);
	pid = process_start();
	json_decref(process_wait_ready());
	outside_put("mail", "p-1", "{'to':'process@mail.example','subject':'s','text':'t'}");
	gate_poke();
	process_wait_state("p-1", "done");
	assert_ok(gate_notify("wechat", none, "{}", 2, &answer, &err));
	assert_int_equal(answer.status, 400);
	buf_free(&answer.body);

	/* Killed in the middle of a call: the next one takes the row up at its start. */
	outside_fault("aliyun.Mobile3MetaDetailVerify", "timeout", 3000);
	outside_put("ident.mobile3", "p-2", "{'request_id':'p2','name':'张三','id_no':"
	    "'430102198503070014','phone':'13800138001'}");
	gate_poke();
	process_wait_state("p-2", "sending");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	pid = process_start();
	json_decref(process_wait_ready());
	process_wait_state("p-2", "done");

	/* Asked twice to stop, it stops once. */
	kill(pid, SIGTERM);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	outside_engine(0);
	json_decref(none);
}
