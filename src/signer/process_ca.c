#include "base/base.h"
#include "signer/authority_make.h"
#include "signer/process.h"

/* The administrator's requests about CAs.  Passphrases travel in the blob and are wiped. */

struct passphrases {
	struct secret	 own, parent;		/* parent: the same when it was not said */
};

static void
passphrases_free(struct passphrases *p)
{
	secret_free(&p->own);
	secret_free(&p->parent);
}

/* blob: the passphrase of the key, or two of them with a NUL between. */
static void
passphrases_read(const struct ipc_msg *in, struct passphrases *p)
{
	const char	*at = in->blob.p == NULL ? "" : in->blob.p;
	size_t		 first = strnlen(at, in->blob.len);

	secret_set(&p->own, at, first);
	if (first < in->blob.len)
		secret_set(&p->parent, at + first + 1, in->blob.len - first - 1);
	else
		secret_set(&p->parent, at, first);
}

int
answer_ca_list(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)in;
	(void)caller;
	(void)err;
	ca_list(arg, out->json);
	return 0;
}

int
answer_ca_create(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct passphrases	 p = {0};
	int			 rc;

	(void)caller;
	passphrases_read(in, &p);
	rc = ca_create(arg, in->json, &p.own, &p.parent, out->json, err);
	passphrases_free(&p);
	return rc;
}

int
answer_ca_state(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)out;
	(void)caller;
	return ca_state(arg, js_str(in->json, "id"), js_str(in->json, "state"), err);
}

int
answer_ca_cross(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct passphrases	 p = {0};
	struct cert		*c = NULL;
	struct buf		 der;
	int			 rc = -1;

	(void)caller;
	buf_init(&der, LIMIT_CERT);
	passphrases_read(in, &p);
	if (js_need_bytes(in->json, "cert", &der, err) == 0 &&
	    cert_parse(der.p, der.len, &c, err) == 0) {
		buf_clear(&der);
		rc = ca_cross(arg, js_str(in->json, "id"), c,
		    (int)js_int(in->json, "years", 0), &p.own, &der, err);
		if (rc == 0)
			js_set_bytes(out->json, "cert", der.p, der.len);
	}
	cert_free(c);
	passphrases_free(&p);
	buf_free(&der);
	return rc;
}

int
answer_ca_crl(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct passphrases	 p = {0};
	int			 rc;

	(void)caller;
	passphrases_read(in, &p);
	rc = ca_crl(arg, js_str(in->json, "id"), &p.own, out->json, err);
	passphrases_free(&p);
	return rc;
}

int
answer_ca_ceremony(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	int64_t	 line;

	(void)caller;
	if (ca_ceremony(arg, in->json, &line, err) < 0)
		return -1;
	js_set_int(out->json, "line", line);
	return 0;
}
