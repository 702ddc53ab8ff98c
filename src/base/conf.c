#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"

#include <ctype.h>

const struct setting	conf_settings[] = {
#define SETTING(n, t, d, c, s, h) \
	{.name = n, .type = t, .dflt = d, .choices = c, .secret = s, .help = h},
#include "base/settings.def"
#undef SETTING
	{0}
};

static char	*conf_values[ARRAY_LEN(conf_settings)];		/* NULL: default */
static char	*conf_paths[ARRAY_LEN(conf_settings)];		/* resolved, made on demand */

static size_t
conf_index(const char *name)
{
	for (size_t i = 0; conf_settings[i].name != NULL; i++)
		if (strcmp(conf_settings[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

static bool
conf_choice_has(const char *choices, const char *value)
{
	size_t	 len = strlen(value);

	for (const char *p = choices; p != NULL; p = strchr(p, '|')) {
		if (*p == '|')
			p++;
		if (strncmp(p, value, len) == 0 && (p[len] == '|' || p[len] == '\0'))
			return true;
	}
	return false;
}

static int
conf_check(const struct setting *s, const char *value, struct err *err)
{
	int64_t	 n, lo = 0, hi = INT64_MAX;

	switch (s->type) {
	case CONF_INT:
		if (s->choices != NULL)
			sscanf(s->choices, "%" SCNd64 "..%" SCNd64, &lo, &hi);
		if (str_to_i64(value, hi, &n) < 0 || n < lo)
			return err_set(err, ERR_INPUT, "%s must be a number%s%s, not \"%s\"",
			    s->name, s->choices == NULL ? "" : " in ",
			    s->choices == NULL ? "" : s->choices, value);
		return 0;
	case CONF_BOOL:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			return err_set(err, ERR_INPUT, "%s must be yes or no, not \"%s\"",
			    s->name, value);
		return 0;
	case CONF_CHOICE:
		if (!conf_choice_has(s->choices, value))
			return err_set(err, ERR_INPUT, "%s must be one of %s, not \"%s\"",
			    s->name, s->choices, value);
		return 0;
	case CONF_TEXT:
	case CONF_PATH:
		return 0;
	}
	return 0;
}

int
conf_set(const char *name, const char *value, struct err *err)
{
	size_t	 i = conf_index(name);

	if (i == SIZE_MAX)
		return err_set(err, ERR_INPUT, "there is no setting \"%s\"", name);
	if (conf_check(&conf_settings[i], value, err) < 0)
		return -1;
	free(conf_values[i]);
	conf_values[i] = xstrdup(value);
	for (size_t k = 0; k < ARRAY_LEN(conf_paths); k++) {	/* data.dir may have moved */
		free(conf_paths[k]);
		conf_paths[k] = NULL;
	}
	return 0;
}

static int
conf_load_line(char *line, struct err *err)
{
	char	*eq;

	str_trim(line);
	if (*line == '\0' || *line == '#')
		return 0;
	if ((eq = strchr(line, '=')) == NULL)
		return err_set(err, ERR_INPUT, "expected \"key = value\"");
	*eq++ = '\0';
	str_trim(line);
	str_trim(eq);
	return conf_set(line, eq, err);
}

static int
conf_load_file(const char *path, struct err *err)
{
	struct buf	 b;
	int		 number = 1, rc = -1;

	buf_init(&b, LIMIT_CONF_FILE);
	if (file_read(path, &b, err) < 0)
		goto out;
	for (char *p = b.p, *next; p != NULL; p = next, number++) {
		next = strchr(p, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (conf_load_line(p, err) < 0) {
			err_add(err, "%s line %d", path, number);
			goto out;
		}
	}
	rc = 0;
 out:
	buf_free(&b);
	return rc;
}

static int
conf_load_env(struct err *err)
{
	for (const struct setting *s = conf_settings; s->name != NULL; s++) {
		char		 name[80];
		const char	*value;
		size_t		 n = (size_t)snprintf(name, sizeof(name), "YINXIN_%s", s->name);

		for (size_t i = 0; i < n; i++)
			name[i] = name[i] == '.' ? '_' : (char)toupper((unsigned char)name[i]);
		if ((value = getenv(name)) != NULL && conf_set(s->name, value, err) < 0)
			return err_add(err, "environment %s", name);
	}
	return 0;
}

int
conf_load(const char *path, struct err *err)
{
	if (path != NULL && file_exists(path) && conf_load_file(path, err) < 0)
		return -1;
	return conf_load_env(err);
}

const char *
conf_str(const char *name)
{
	size_t	 i = conf_index(name);

	if (i == SIZE_MAX)
		BUG("no setting %s", name);
	return conf_values[i] != NULL ? conf_values[i] : conf_settings[i].dflt;
}

int64_t
conf_int(const char *name)
{
	int64_t	 n = 0;

	if (str_to_i64(conf_str(name), INT64_MAX, &n) < 0)
		BUG("setting %s is no number", name);
	return n;
}

bool
conf_bool(const char *name)
{
	return strcmp(conf_str(name), "yes") == 0;
}

const char *
conf_path(const char *name)
{
	const char	*value = conf_str(name);
	size_t		 i = conf_index(name);

	if (value[0] == '/' || value[0] == '\0' || strcmp(name, "data.dir") == 0)
		return value;
	if (conf_paths[i] == NULL)
		conf_paths[i] = xasprintf("%s/%s", conf_str("data.dir"), value);
	return conf_paths[i];
}

void
conf_print_help(FILE *f)
{
	for (const struct setting *s = conf_settings; s->name != NULL; s++) {
		fprintf(f, "%s\n    %s\n", s->name, s->help);
		if (s->choices != NULL)
			fprintf(f, "    one of: %s\n", s->choices);
		fprintf(f, "    default: %s\n", s->dflt[0] == '\0' ? "(none)" : s->dflt);
	}
}

void
conf_print(FILE *f)
{
	for (const struct setting *s = conf_settings; s->name != NULL; s++) {
		const char	*v = conf_str(s->name);

		fprintf(f, "%s = %s\n", s->name, s->secret && v[0] != '\0' ? "***" : v);
	}
}
