#include "base/base.h"
#include "hall/services.h"

#include "kmc/kmc.h"
#include "signer/signer.h"
#include "va/va.h"

static int
services_issue(const char *statement, size_t statement_len, const void *signature,
    size_t signature_len, const void *csr, size_t csr_len, struct issued *out, struct err *err)
{
	struct signer_pair	p;
	int			rc = -1;

	signer_pair_init(&p);
	rc = signer_issue(statement, statement_len, signature, signature_len, csr, csr_len, &p,
	    err);
	if (rc == 0) {
		buf_add(&out->sign_cert, p.sign_cert.p, p.sign_cert.len);
		buf_add(&out->enc_cert, p.enc_cert.p, p.enc_cert.len);
		buf_add(&out->enc_key, p.envelope.p, p.envelope.len);
		(void)snprintf(out->sign_serial, sizeof(out->sign_serial), "%s", p.sign_serial);
		(void)snprintf(out->enc_serial, sizeof(out->enc_serial), "%s", p.enc_serial);
		rc = buf_check(&out->enc_key, err);
	}
	signer_pair_free(&p);
	return rc;
}

static int
services_status(const char *serial, enum cert_status *status, struct err *err)
{
	enum va_status	s = VA_UNKNOWN;

	if (va_status(serial, &s, err) < 0)
		return -1;
	*status = s == VA_GOOD ? CERT_GOOD : s == VA_REVOKED ? CERT_REVOKED : CERT_UNKNOWN;
	return 0;
}

static int
services_change(const char *kind, const char *statement, size_t len, const void *signature,
    size_t signature_len, const void *second, size_t second_len, struct err *err)
{
	if (strcmp(kind, "hold") == 0)
		return signer_hold(statement, len, signature, signature_len, err);
	if (strcmp(kind, "release") == 0)
		return signer_release(statement, len, signature, signature_len, second,
		    second_len, err);
	return signer_revoke(statement, len, signature, signature_len, second, second_len, err);
}

static int
services_unlock(const char *statement, size_t len, const void *signature, size_t signature_len,
    unsigned char answer[UNLOCK_ANSWER], int64_t *expires, struct err *err)
{
	const struct signed_statement	s = { .text = statement, .len = len,
		.first = { .p = signature, .len = signature_len } };

	return kmc_unlock_answer(&s, answer, expires, err);
}

static int
services_recover(const char *order, const struct signed_statement *statement,
    const struct signed_statement *carrier, struct buf *envelope, struct buf *enc_cert,
    struct err *err)
{
	const struct signer_recovery	r = { .order = order, .statement = *statement,
		.carrier = *carrier };

	return signer_recover(&r, envelope, enc_cert, err);
}

const struct services *
services_real(void)
{
	static const struct services	real = {
		.issue = services_issue,
		.status = services_status,
		.change = services_change,
		.device = kmc_device_give,
		.unlock = services_unlock,
		.recover = services_recover,
		.key_officers = kmc_officers,
		.pair_status = signer_status,
		.image = doc_image_check,
		.form = doc_form,
		.captcha = doc_captcha,
		.pdf = doc_pdf,
		.seal_cut = doc_seal_cut,
		.seal_draw = doc_seal_draw,
		.seal = signer_seal,
		.anchor = signer_anchor,
	};

	return &real;
}
