/*
 * Statements that people sign and trust services act on: approval, revocation … They come through
 * the web process, which may lie; what is read before the signature is checked, and what a signed
 * approval may then contain.  Also what a page may have signed at all (signable.h).
 */
#include "base/base.h"
#include "pki/profile.h"
#include "pki/statement.h"
#include "signer/replace.h"
#include "token/signable.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static const char *const types[] = {"approval", "revocation", "hold", "release", "recovery",
	"restoration", "unlock", "destruction"};

/* As the request carries it: JSON of base64. */
static void
fuzz_asked(const char *text, size_t len)
{
	struct statement_asked	 a = {0};
	struct err		 err = {0};
	json_t			*in = NULL;

	if (json_parse(text, len, 0, &in, &err) == 0 && statement_asked_read(&a, in, &err) == 0)
		assert(a.of.len <= len && a.of.text != NULL);
	statement_asked_free(&a);
	json_decref(in);
}

/* The parts of an approval, in whatever order the signer reads them. */
static void
fuzz_approval(const json_t *j)
{
	struct replacement	 r = {0};
	struct name		 subject = {0};
	struct err		 err = {0};

	if (replacement_parse(&r, j, &err) < 0)
		assert(err.kind != ERR_NONE);
	err_clear(&err);
	if (name_from_json(&subject, json_object_get(j, "subject"), &err) < 0 ||
	    profile_check(profile_find("sm2-org-sign"), &subject, 1, &err) < 0)
		assert(err.kind != ERR_NONE);
	name_free(&subject);
	replacement_release(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char		*text = xstrndup((const char *)p, len);
	const char	*kind = NULL;
	struct err	 err = {0};
	int		 read = 0;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		json_t	*j = NULL;

		err_clear(&err);
		if (statement_parse(text, len, types[i], &j, &err) == 0) {
			read++;
			assert(len <= STATEMENT_MAX && strcmp(js_str(j, "type"), types[i]) == 0);
			fuzz_approval(j);
		} else {
			assert(j == NULL && err.kind != ERR_NONE);
		}
		json_decref(j);
	}
	assert(read <= 1);
	err_clear(&err);
	/* what a trust service takes, the assistant knows what it is */
	if (signable_kind(text, len, &kind, &err) == 0)
		assert(kind != NULL);
	else
		assert(read == 0 || len > SIGNABLE_MAX);
	fuzz_asked(text, len);
	free(text);
	return 0;
}
