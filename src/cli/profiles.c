#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"
#include "cli/profiles.h"
#include "pki/profile.h"

/* Registered to nobody: profiles/default.yaml and ca.policy_oid come with it. */
#define PLACEHOLDER_ARC	"1.2.156.999999."

static void
placeholder_oid(const char *oid, const char *where)
{
	if (oid != NULL && str_has_prefix(oid, PLACEHOLDER_ARC))
		printf("warning: %s is the placeholder %s: take an object identifier of the company's "
		    "own arc\n", where, oid);
}

/* Each of a comma list. */
static void
placeholder_oids(const char *list, const char *where)
{
	char	 oid[80];

	while (list != NULL && *list != '\0') {
		size_t	 n = strcspn(list, ",");

		snprintf(oid, sizeof(oid), "%.*s", (int)n, list);
		placeholder_oid(oid, where);
		list += n + (list[n] == ',');
	}
}

static void
placeholder_url(const char *url, const char *where)
{
	const char	*host = url == NULL ? NULL : strstr(url, "://");

	if (host != NULL && (str_has_prefix(host + 3, "127.") ||
	    str_has_prefix(host + 3, "localhost") || str_has_prefix(host + 3, "[::1]")))
		printf("warning: %s is %s, which goes into certificates: nobody else reaches it\n",
		    where, url);
}

static void
placeholders_of(const struct profile *p)
{
	char	 where[160];

	snprintf(where, sizeof(where), "policy of profile %s", p->name);
	placeholder_oid(p->policy, where);
	snprintf(where, sizeof(where), "cps of profile %s", p->name);
	placeholder_url(p->cps, where);
	snprintf(where, sizeof(where), "eku of profile %s", p->name);
	placeholder_oids(p->eku, where);
	snprintf(where, sizeof(where), "extension of profile %s", p->name);
	for (size_t i = 0; i < p->n_extension; i++)
		placeholder_oid(p->extension[i].oid, where);
}

int
profiles_print_placeholders(struct err *err)
{
	const struct profile	*p;

	(void)err;
	placeholder_oid(conf_str("ca.policy_oid"), "setting ca.policy_oid");
	placeholder_url(conf_str("ca.cps_url"), "setting ca.cps_url");
	placeholder_url(conf_str("va.public_url"), "setting va.public_url");
	for (size_t i = 0; (p = profile_at(i)) != NULL; i++)
		placeholders_of(p);
	return 0;
}

static int
profiles_read(const char *file, struct err *err)
{
	struct buf	 text;
	int		 rc;

	buf_init(&text, LIMIT_HALL_FILE);
	if ((rc = file_read(file, &text, err)) == 0)
		rc = profiles_parse(text.p, text.len, file, err);
	buf_free(&text);
	return rc;
}

int
profiles_print(const char *file, struct err *err)
{
	const struct profile	*p;

	if (file != NULL && profiles_read(file, err) < 0)
		return -1;
	for (size_t i = 0; (p = profile_at(i)) != NULL; i++)
		printf("%-22s of %-10s %-14s %2d years  %s\n", p->name, p->authority, p->keys,
		    p->max_years, p->title);
	return profiles_print_placeholders(err);
}
