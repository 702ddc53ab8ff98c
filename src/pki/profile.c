#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"
#include "pki/der.h"
#include "pki/profile_set.h"

#include <pthread.h>

extern const char	profile_builtin[];	/* generated from profiles/default.yaml */

static struct profile_set	*profile_current;
static pthread_once_t		 profile_once = PTHREAD_ONCE_INIT;

static void
profile_start(void)
{
	struct err	 err = {0};

	if (profile_current == NULL && profile_set_parse(profile_builtin,
	    strlen(profile_builtin), "profiles/default.yaml", &profile_current, &err) < 0)
		BUG("%s", err.text);
}

static const struct profile_set *
profile_set(void)
{
	pthread_once(&profile_once, profile_start);
	return profile_current;
}

/* Profiles once handed out must live; a set that is replaced is kept. */
static void
profile_set_use(struct profile_set *set)
{
	(void)profile_set();
	set->older = profile_current;
	profile_current = set;
}

int
profiles_parse(const char *p, size_t len, const char *name, struct err *err)
{
	struct profile_set	*set = NULL;

	if (profile_set_parse(p, len, name, &set, err) < 0)
		return -1;
	profile_set_use(set);
	return 0;
}

bool
profile_is_address(const char *url)
{
	for (const char *p = url; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return str_has_prefix(url, "http://") || str_has_prefix(url, "https://");
}

/* What stands in every certificate is looked at before the first one, not by its lint. */
static int
profile_check_settings(struct err *err)
{
	const char	*policy = conf_str("ca.policy_oid"), *cps = conf_str("ca.cps_url");
	struct err	 why = {0};
	struct buf	 oid;
	int		 rc;

	buf_init(&oid, 64);
	if ((rc = der_add_oid(&oid, policy, &why)) < 0)
		err_set(err, ERR_INPUT, "the setting ca.policy_oid \"%.80s\" is no object "
		    "identifier: %s", policy, why.text);
	else if (!profile_is_address(cps))
		rc = err_set(err, ERR_INPUT, "the setting ca.cps_url \"%.200s\" is no http address "
		    "(RFC 3986: of ASCII characters without blanks)", cps);
	buf_free(&oid);
	return rc;
}

int
profiles_load(struct err *err)
{
	const char	*path = conf_str("ca.profiles");
	struct buf	 text;
	int		 rc = -1;

	if (profile_check_settings(err) < 0)
		return -1;
	if (path[0] == '\0')
		return 0;
	buf_init(&text, LIMIT_HALL_FILE);
	if (file_read(path, &text, err) == 0)
		rc = profiles_parse(text.p, text.len, path, err);
	buf_free(&text);
	return rc;
}

const struct profile *
profile_at(size_t i)
{
	return i < profile_set()->n_profiles ? &profile_set()->profiles[i] : NULL;
}

const struct profile *
profile_find(const char *name)
{
	const struct profile	*p;

	for (size_t i = 0; (p = profile_at(i)) != NULL; i++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

const char *
profile_eku(const char *name)
{
	const struct profile	*p = profile_find(name);

	return p == NULL || p->eku == NULL ? "" : p->eku;
}

const struct product *
product_find(const char *name)
{
	const struct profile_set	*set = profile_set();

	for (size_t i = 0; i < set->n_products; i++)
		if (strcmp(set->products[i].name, name) == 0)
			return &set->products[i];
	return NULL;
}

/* `word` stands in the comma list. */
static bool
profile_list_has(const char *list, const char *word)
{
	size_t	 len = strlen(word);

	while (list != NULL && *list != '\0') {
		size_t	 n = strcspn(list, ",");

		if (n == len && memcmp(list, word, n) == 0)
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

static int
profile_check_required(const struct profile *p, const struct name *subject, struct err *err)
{
	for (const char *at = p->required; at != NULL && *at != '\0';) {
		size_t	 n = strcspn(at, ",");
		char	 word[32];

		snprintf(word, sizeof(word), "%.*s", (int)n, at);
		if (name_get(subject, word)[0] == '\0')
			return err_set(err, ERR_INPUT, "%s的主题必须有 %s 项。", p->title, word);
		at += n + (at[n] == ',');
	}
	return 0;
}

bool
profile_names_by(const struct profile *p, const char *type)
{
	return p->identity != NULL && (strcmp(p->identity, type) == 0 ||
	    (strcmp(p->identity, "uscc") == 0 && strcmp(type, "org-code") == 0));
}

bool
profile_allows_key(const struct profile *p, const char *kind)
{
	return profile_list_has(p->keys, kind);
}

/* What the profile says word for word. */
static int
profile_check_fixed(const struct profile *p, const struct name *subject, struct err *err)
{
	for (const char *at = p->fixed; at != NULL && *at != '\0';) {
		size_t	 n = strcspn(at, "\n"), key = strcspn(at, "=");
		char	 word[32];
		const char *have;

		snprintf(word, sizeof(word), "%.*s", (int)key, at);
		have = name_get(subject, word);
		if (have[0] != '\0' && (strlen(have) != n - key - 1 ||
		    memcmp(have, at + key + 1, n - key - 1) != 0))
			return err_set(err, ERR_INPUT, "%s的主题里 %s 项须为 %.*s。", p->title, word,
			    (int)(n - key - 1), at + key + 1);
		at += n + (at[n] == '\n');
	}
	return 0;
}

int
profile_check(const struct profile *p, const struct name *subject, int years,
    struct err *err)
{
	if (years < 1 || years > p->max_years)
		return err_set(err, ERR_INPUT, "%s的有效期须在 1 至 %d 年之间。", p->title,
		    p->max_years);
	for (size_t i = 0; i < subject->n; i++) {
		const char	*attribute = subject->row[i].attribute;

		if (!profile_list_has(p->required, attribute) &&
		    !profile_list_has(p->allowed, attribute))
			return err_set(err, ERR_INPUT, "%s的主题不能有 %s 项。", p->title, attribute);
	}
	if (profile_check_fixed(p, subject, err) < 0)
		return -1;
	return profile_check_required(p, subject, err);
}
