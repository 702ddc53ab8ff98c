#include "unit.h"
#include "base/conf.h"
#include "base/file.h"

#include <unistd.h>

/* Settings: environment before file before default; what is wrong is named. */

static char	*conf_file;

static void
write_conf(const char *text)
{
	static char	 dir[] = "/tmp/yinxin-conf-XXXXXX";
	struct err	 err = {0};

	if (conf_file == NULL) {
		assert_non_null(mkdtemp(dir));
		conf_file = xasprintf("%s/yinxin.conf", dir);
	}
	assert_ok(file_write(conf_file, text, strlen(text), 0600, &err));
}

void
test_conf__every_row_is_whole(void **state)
{
	struct err	 err = {0};

	(void)state;
	for (const struct setting *s = conf_settings; s->name != NULL; s++) {
		if (strlen(s->help) < 9 || s->help[strlen(s->help) - 1] != '.')
			fail_msg("%s: no sentence helps: %s", s->name, s->help);
		if (s->type == CONF_CHOICE)
			assert_non_null(s->choices);
		assert_ok(conf_set(s->name, s->dflt, &err));	/* a default is allowed */
		for (const struct setting *t = conf_settings; t < s; t++)
			assert_string_not_equal(s->name, t->name);
	}
}

void
test_conf__environment_before_file_before_default(void **state)
{
	struct err	 err = {0};

	(void)state;
	assert_int_equal(conf_int("web.threads"), 4);
	write_conf("# ours\n\n  web.threads =  7 \nweb.listen=127.0.0.1:1\n");
	assert_ok(conf_load(conf_file, &err));
	assert_int_equal(conf_int("web.threads"), 7);
	assert_string_equal(conf_str("web.listen"), "127.0.0.1:1");
	setenv("YINXIN_WEB_THREADS", "9", 1);
	assert_ok(conf_load(conf_file, &err));
	assert_int_equal(conf_int("web.threads"), 9);
	unsetenv("YINXIN_WEB_THREADS");
	assert_ok(conf_load("/nowhere/yinxin.conf", &err));
	assert_ok(conf_set("web.threads", "4", &err));
	assert_ok(conf_set("web.listen", "127.0.0.1:8443", &err));
}

void
test_conf__faults_are_named_with_their_line(void **state)
{
	static const struct { const char *text, *says; } bad[] = {
		{"\nweb.thread = 4\n", "line 2: there is no setting \"web.thread\""},
		{"web.threads\n", "line 1: expected \"key = value\""},
		{"web.threads = 0\n", "in 1..64, not \"0\""},
		{"web.threads = 65\n", "in 1..64, not \"65\""},
		{"web.threads = 4 \n\nlog.level = loud\n", "line 3: log.level must be one of"},
		{"log.level =\n", "log.level must be one of"},
		{"log.level = inf\n", "log.level must be one of"},
		{"va.tsa.need_sync = true\n", "must be yes or no"},
	};
	struct err	 err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		write_conf(bad[i].text);
		assert_err(conf_load(conf_file, &err), ERR_INPUT);
		assert_non_null(strstr(err.text, conf_file));
		if (strstr(err.text, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].text, err.text);
	}
	setenv("YINXIN_LOG_LEVEL", "loud", 1);
	assert_err(conf_load(NULL, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "environment YINXIN_LOG_LEVEL"));
	unsetenv("YINXIN_LOG_LEVEL");
	assert_string_equal(conf_str("log.level"), "info");
}

static char *
printed(void (*print)(FILE *f))
{
	char	*text = NULL;
	size_t	 len = 0;
	FILE	*f = open_memstream(&text, &len);

	assert_non_null(f);
	print(f);
	fclose(f);
	return text;
}

void
test_conf__secrets_are_not_printed(void **state)
{
	struct err	 err = {0};
	char		*text;

	(void)state;
	assert_ok(conf_set("web.metrics_token", "geheim-4711", &err));
	text = printed(conf_print);
	assert_null(strstr(text, "geheim-4711"));
	assert_non_null(strstr(text, "web.metrics_token = ***\n"));
	assert_non_null(strstr(text, "web.listen = 127.0.0.1:8443\n"));
	free(text);
	text = printed(conf_print_help);
	for (const struct setting *s = conf_settings; s->name != NULL; s++)
		assert_non_null(strstr(text, s->name));
	free(text);
	assert_ok(conf_set("web.metrics_token", "", &err));
}

void
test_conf__paths_are_below_the_data_directory(void **state)
{
	struct err	 err = {0};

	(void)state;
	assert_string_equal(conf_path("run.dir"), "var/data/run");
	assert_ok(conf_set("data.dir", "/srv/ca", &err));
	assert_string_equal(conf_path("run.dir"), "/srv/ca/run");
	assert_ok(conf_set("run.dir", "/run/ca", &err));
	assert_string_equal(conf_path("run.dir"), "/run/ca");
	assert_ok(conf_set("run.dir", "run", &err));
	assert_ok(conf_set("data.dir", "var/data", &err));
}
