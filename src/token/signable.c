#include "base/base.h"
#include "base/json.h"
#include "base/str.h"
#include "pki/statement.h"
#include "token/signable.h"

static const char	signable_sign_in[] = "yinxin-sign-in\n";
static const char	*const signable_types[] = {
	"approval", "revocation", "hold", "release", "recovery", "restoration",
	"unlock", "destruction",
};

static bool
signable_is_statement(const char *text, size_t len, const char *type)
{
	struct err	 err = {0};
	json_t		*j = NULL;
	int		 rc = statement_parse(text, len, type, &j, &err);

	json_decref(j);
	return rc == 0;
}

int
signable_kind(const char *text, size_t len, const char **kind, struct err *err)
{
	if (len > SIGNABLE_MAX)
		return err_set(err, ERR_LIMIT, "要签名的内容太长。");
	if (len > sizeof(signable_sign_in) - 1 &&
	    memcmp(text, signable_sign_in, sizeof(signable_sign_in) - 1) == 0) {
		*kind = "sign-in";
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(signable_types); i++)
		if (signable_is_statement(text, len, signable_types[i])) {
			*kind = signable_types[i];
			return 0;
		}
	return err_set(err, ERR_DENIED, "网页要签名的内容不认识，已拒绝。");
}

/* The address begins with the origin (a browser leaves https's port out), then a path or nothing. */
static bool
site_is_of(const char *site, size_t len, const char *origin)
{
	size_t	 n = strlen(origin);

	if (n == 0 || len < n || strncasecmp(site, origin, n) != 0)
		return false;
	if (len - n >= 4 && str_has_prefix(origin, "https://") && memcmp(site + n, ":443", 4) == 0)
		n += 4;
	return len == n || site[n] == '/';
}

bool
signable_is_for(const char *text, const char *origin)
{
	if (!str_has_prefix(text, signable_sign_in))
		return true;
	text += sizeof(signable_sign_in) - 1;
	text += strcspn(text, "\n");
	if (*text != '\n')
		return false;
	text++;
	return site_is_of(text, strcspn(text, "\n"), origin);
}
