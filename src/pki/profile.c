#include "base/base.h"
#include "pki/profile.h"

const struct profile	profiles[] = {
#define PROFILE(...)	{__VA_ARGS__},
#include "pki/profile.def"
#undef PROFILE
	{0}
};

enum { PROFILE_AT_ORG_SIGN = 3, PROFILE_AT_ORG_ENC, PROFILE_AT_PERSON_SIGN,
	PROFILE_AT_PERSON_ENC, PROFILE_AT_STAFF };

const struct product	products[] = {
	{"sm2-org", "单位数字证书（签名、加密双证书）", &profiles[PROFILE_AT_ORG_SIGN],
	    &profiles[PROFILE_AT_ORG_ENC]},
	{"sm2-person", "个人数字证书（签名、加密双证书）", &profiles[PROFILE_AT_PERSON_SIGN],
	    &profiles[PROFILE_AT_PERSON_ENC]},
	{"staff", "业务人员证书", &profiles[PROFILE_AT_STAFF], NULL},
	{0}
};

const struct profile *
profile_find(const char *name)
{
	for (const struct profile *p = profiles; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

const struct product *
product_find(const char *name)
{
	for (const struct product *p = products; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
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
	return profile_check_required(p, subject, err);
}
