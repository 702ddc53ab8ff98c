#include "base/base.h"
#include "gate/acs3.h"
#include "base/url.h"
#include "gate/wire.h"

#define ACS3_HEADERS	"host;x-acs-action;x-acs-content-sha256;x-acs-date;" \
			"x-acs-signature-nonce;x-acs-version"
#define ACS3_MAX	65536

static int
acs3_by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
acs3_query(const json_t *params, struct buf *out)
{
	const char	*names[64], *name;
	json_t		*value, *all = json_copy((json_t *)(uintptr_t)params);
	size_t		 n = 0;

	json_object_foreach(all, name, value)
		if (n < ARRAY_LEN(names))
			names[n++] = name;
	qsort(names, n, sizeof(names[0]), acs3_by_name);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addch(out, '&');
		url_encode_str(out, names[i]);
		buf_addch(out, '=');
		url_encode_str(out, js_str(all, names[i]));
	}
	json_decref(all);
}

void
acs3_canonical(const struct acs3 *q, struct buf *out)
{
	buf_addf(out, "POST\n%s\n", q->uri);
	acs3_query(q->params, out);
	buf_addf(out, "\nhost:%s\nx-acs-action:%s\nx-acs-content-sha256:%s\nx-acs-date:%s\n"
	    "x-acs-signature-nonce:%s\nx-acs-version:%s\n\n%s\n%s", q->host, q->action,
	    ACS3_EMPTY, q->date, q->nonce, q->version, ACS3_HEADERS, ACS3_EMPTY);
}

void
acs3_authorization(const struct acs3 *q, struct buf *out)
{
	struct buf	 text;
	char		 digest[WIRE_HEX], signature[WIRE_HEX], to_sign[128];

	buf_init(&text, ACS3_MAX);
	acs3_canonical(q, &text);
	snprintf(to_sign, sizeof(to_sign), "ACS3-HMAC-SHA256\n%s",
	    wire_sha256(text.p, text.len, digest));
	wire_hmac_sha256(q->key_secret, to_sign, strlen(to_sign), signature);
	buf_addf(out, "ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%s",
	    q->key_id, ACS3_HEADERS, signature);
	buf_free(&text);
}
