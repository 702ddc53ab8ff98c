#include "base/base.h"
#include "hall/certificate/certificate.h"
#include "hall/certificate/certificate_own.h"

#include "base/str.h"
#include "pki/cms.h"

/* A certificate's files to keep: one half of the pair, or all with those above. */

static const struct certificate_form {
	const char	*name, *kind, *type;
	bool		 pem;
} forms[] = {
	{ "sign.pem", "sign", "application/x-pem-file", true },
	{ "enc.pem", "enc", "application/x-pem-file", true },
	{ "sign.cer", "sign", "application/pkix-cert", false },
	{ "enc.cer", "enc", "application/pkix-cert", false },
	{ "chain.p7b", "", "application/x-pkcs7-certificates", false },
};

struct file {
	const struct certificate_form	*form;
	struct certificate		 certificate;
	struct buf			*out;
};

static int
file_add(struct file *f, const void *der, size_t len, struct err *err)
{
	struct cert	*c = NULL;

	if (!f->form->pem) {
		buf_add(f->out, der, len);
		return 0;
	}
	if (cert_parse(der, len, &c, err) < 0)
		return -1;
	cert_pem_add(c, f->out);
	cert_free(c);
	return 0;
}

static int
file_run(struct db *db, struct act *a, struct err *err)
{
	struct file	*f = a->extra;
	struct rows	*rows = NULL;
	const void	*der = NULL;
	size_t		 len = 0;
	int		 rc = 0;

	buf_clear(f->out);
	if (certificate_load(db, a, &f->certificate, err) < 0 ||
	    db_query(db, SQL_CERTIFICATE_OF_ORDER, &rows, err,
	    DB_INT(f->certificate.order_id)) < 0)
		return -1;
	while (rc >= 0 && (rc = rows_next(rows, err)) > 0)
		if (f->form->kind[0] == '\0' || strcmp(f->form->kind, rows_text(rows, 0)) == 0) {
			der = rows_blob(rows, 5, &len);
			rc = file_add(f, der, len, err);
		}
	rows_free(rows);
	if (rc == 0 && f->out->len == 0)
		return err_set(err, ERR_NOT_FOUND, "没有这个文件：这张证书没有加密证书。");
	return rc < 0 ? -1 : 0;
}

/* The pair and everything above it, without content or signer. */
static int
file_wrap(struct file *f, struct err *err)
{
	struct buf	certs;
	int		rc = -1;

	buf_init(&certs, CMS_MAX);
	buf_add(&certs, f->out->p, f->out->len);
	certificate_above(f->certificate.cert, &certs);
	buf_clear(f->out);
	if (buf_check(&certs, err) == 0)
		rc = cms_certs(certs.p, certs.len, f->out, err);
	buf_free(&certs);
	return rc;
}

int
certificate_file(struct hall *h, const struct who *who, const char *serial, const char *name,
    struct buf *out, const char **type, struct err *err)
{
	struct file	f = { .out = out };
	struct act	a = { .h = h, .who = who, .name = serial, .extra = &f };
	size_t		i = 0;
	int		rc = -1;

	for (i = 0; i < ARRAY_LEN(forms); i++)
		if (strcmp(forms[i].name, name) == 0)
			f.form = &forms[i];
	if (f.form == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这个文件，请从证书页面下载。");
	*type = f.form->type;
	rc = act_read(&a, file_run, err);
	if (rc == 0 && f.form->kind[0] == '\0')
		rc = file_wrap(&f, err);
	cert_free(f.certificate.cert);
	return rc;
}
