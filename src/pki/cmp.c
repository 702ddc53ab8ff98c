#include "base/base.h"
#include "base/str.h"
#include "pki/cmp.h"
#include "pki/csr.h"

/* ---- the message ---- */

/*
 * PKIHeader: pvno, sender, recipient, then what is wanted of its tagged fields, in any order here
 * (RFC 4210 5.1.1; whoever answers, OpenSSL, is strict about the rest).
 */
static int
cmp_header(struct der header, struct cmp_message *m)
{
	struct der	 body, skip;
	unsigned	 tag;

	if (der_get(&header, 0x02, &skip) < 0 || der_next(&header, &tag, &skip, NULL) < 0 ||
	    der_next(&header, &tag, &skip, NULL) < 0)
		return -1;
	while (header.len > 0) {
		if (der_next(&header, &tag, &body, NULL) < 0)
			return -1;
		if (tag == 0xa1 && (der_next(&body, &tag, &skip, &m->signature.algorithm) < 0 ||
		    tag != 0x30 || body.len != 0))
			return -1;
		if (tag == 0xa2 && (der_get(&body, 0x04, &m->kid) < 0 || body.len != 0))
			return -1;
		if (tag == 0xa4 && (der_get(&body, 0x04, &m->transaction) < 0 || body.len != 0))
			return -1;
	}
	return 0;
}

/* protection [0] BIT STRING and extraCerts [1], each optional. */
static int
cmp_tail(struct der *rest, struct cmp_message *m)
{
	struct der	 body, bits, certs, skip;
	unsigned	 tag = 0;

	if (rest->len > 0 && rest->p[0] == 0xa0) {
		if (der_get(rest, 0xa0, &body) < 0 || der_get(&body, 0x03, &bits) < 0 ||
		    body.len != 0 || bits.len < 1 || bits.p[0] != 0)
			return -1;
		m->signature.signature = (struct der){bits.p + 1, bits.len - 1};
	}
	if (rest->len > 0 && (der_get(rest, 0xa1, &body) < 0 ||
	    der_get(&body, 0x30, &certs) < 0 || body.len != 0 ||
	    (certs.len > 0 && der_next(&certs, &tag, &skip, &m->sender) < 0)))
		return -1;
	return rest->len == 0 && (m->sender.len == 0 || tag == 0x30) ? 0 : -1;
}

static int
cmp_slice(const void *p, size_t len, struct cmp_message *m)
{
	struct der	 in = {p, len}, message, header, whole[2];
	unsigned	 tag;

	if (der_get(&in, 0x30, &message) < 0 || in.len != 0 ||
	    der_next(&message, &tag, &header, &whole[0]) < 0 || tag != 0x30 ||
	    cmp_header(header, m) < 0 ||
	    der_next(&message, &tag, &m->body, &whole[1]) < 0 || (tag & 0xe0) != 0xa0 ||
	    cmp_tail(&message, m) < 0)
		return -1;
	m->type = tag & 0x1f;
	buf_add(&m->protected, whole[0].p, whole[0].len);
	buf_add(&m->protected, whole[1].p, whole[1].len);
	der_wrap(&m->protected, 0x30);
	m->signature.tbs = (struct der){(const unsigned char *)m->protected.p, m->protected.len};
	return m->protected.over ? -1 : 0;
}

int
cmp_parse(const void *p, size_t len, struct cmp_message *m, struct err *err)
{
	*m = (struct cmp_message){0};
	buf_init(&m->protected, CMP_MAX + 16);
	if (len > CMP_MAX)
		return err_set(err, ERR_INPUT, "a CMP message has at most %d bytes", CMP_MAX);
	if (cmp_slice(p, len, m) < 0)
		return err_set(err, ERR_INPUT, "not a CMP message (RFC 4210 5.1)");
	return 0;
}

void
cmp_message_free(struct cmp_message *m)
{
	buf_free(&m->protected);
	*m = (struct cmp_message){0};
}

/* ---- what is asked for ---- */

struct cmp_template {
	struct der	 serial, subject, key;		/* contents; empty: absent */
};

/* CertTemplate (RFC 4211 5): every field optional, in the order of their tags. */
static int
cmp_template(struct der in, struct cmp_template *t)
{
	struct der	 body;
	unsigned	 tag;

	*t = (struct cmp_template){0};
	while (in.len > 0) {
		if (der_next(&in, &tag, &body, NULL) < 0)
			return -1;
		if (tag == 0x81)
			t->serial = body;
		else if (tag == 0xa5)
			t->subject = body;
		else if (tag == 0xa6)
			t->key = body;
	}
	return 0;
}

/* POPOSigningKey without poposkInput: a signature over the request itself. */
static int
cmp_possession(struct der msg, struct der request, EVP_PKEY *key, struct err *err)
{
	struct der_signed	 s = {.tbs = request};
	struct der		 popo, bits, skip;
	unsigned		 tag;

	if (der_get(&msg, 0xa1, &popo) < 0 ||
	    der_next(&popo, &tag, &skip, &s.algorithm) < 0 || tag != 0x30 ||
	    der_get(&popo, 0x03, &bits) < 0 || popo.len != 0 || bits.len < 1 || bits.p[0] != 0)
		return err_set(err, ERR_CRYPTO,
		    "a signature of the key that is to be certified is wanted (RFC 4211 4.1)");
	s.signature = (struct der){bits.p + 1, bits.len - 1};
	return key_verify_signed(key, &s, err);
}

/* CertReqMessages with exactly one CertReqMsg. */
static int
cmp_crmf(struct der body, struct name *subject, EVP_PKEY **key, struct err *err)
{
	struct cmp_template	 t;
	struct der		 list, msg, in, request, template, skip;
	struct buf		 spki;
	unsigned		 tag;
	int			 rc;

	if (der_get(&body, 0x30, &list) < 0 || body.len != 0 || der_get(&list, 0x30, &msg) < 0 ||
	    list.len != 0 || der_next(&msg, &tag, &in, &request) < 0 || tag != 0x30 ||
	    der_get(&in, 0x02, &skip) < 0 || der_get(&in, 0x30, &template) < 0 ||
	    cmp_template(template, &t) < 0 || t.subject.len == 0 || t.key.len == 0)
		return err_set(err, ERR_INPUT,
		    "one request with subject and public key is wanted (RFC 4211 3)");
	buf_init(&spki, LIMIT_CSR);
	der_add(&spki, 0x30, t.key.p, t.key.len);
	if ((rc = buf_check(&spki, err)) == 0 &&
	    (rc = key_spki_parse(spki.p, spki.len, key, err)) == 0 &&
	    (rc = cmp_possession(msg, request, *key, err)) == 0)
		rc = name_from_der(subject, t.subject.p, t.subject.len, err);
	buf_free(&spki);
	return rc;
}

int
cmp_wanted(const struct cmp_message *m, struct name *subject, EVP_PKEY **key, struct err *err)
{
	switch (m->type) {
	case CMP_IR:
	case CMP_CR:
	case CMP_KUR:
		return cmp_crmf(m->body, subject, key, err);
	case CMP_P10CR:
		if (csr_check_key(m->body.p, m->body.len, key, err) < 0)
			return -1;
		return csr_subject(m->body.p, m->body.len, subject, err);
	default:
		return err_set(err, ERR_INPUT, "not a request for a certificate");
	}
}

/* Of the crlEntryDetails only the reason (RFC 5280 5.3.1); absent: 0. */
static int
cmp_reason(struct der details, int *reason)
{
	static const unsigned char	 oid[] = {0x55, 0x1d, 0x15};
	struct der			 list, one, id, value, number;

	*reason = 0;
	if (details.len == 0)
		return 0;
	if (der_get(&details, 0x30, &list) < 0 || details.len != 0)
		return -1;
	while (list.len > 0) {
		if (der_get(&list, 0x30, &one) < 0 || der_get(&one, 0x06, &id) < 0)
			return -1;
		if (id.len != sizeof(oid) || memcmp(id.p, oid, sizeof(oid)) != 0)
			continue;
		if (one.len > 0 && one.p[0] == 0x01 && der_get(&one, 0x01, &number) < 0)
			return -1;		/* critical */
		if (der_get(&one, 0x04, &value) < 0 || der_get(&value, 0x0a, &number) < 0 ||
		    number.len != 1 || number.p[0] > 10)
			return -1;
		*reason = number.p[0];
	}
	return 0;
}

int
cmp_revoked(const struct cmp_message *m, char serial[CMP_SERIAL_TEXT], int *reason,
    struct err *err)
{
	struct cmp_template	 t;
	struct der		 body = m->body, list, details, template;

	if (m->type != CMP_RR || der_get(&body, 0x30, &list) < 0 || body.len != 0 ||
	    der_get(&list, 0x30, &details) < 0 || list.len != 0 ||
	    der_get(&details, 0x30, &template) < 0 || cmp_template(template, &t) < 0 ||
	    cmp_reason(details, reason) < 0)
		return err_set(err, ERR_INPUT, "one certificate to revoke is wanted (RFC 4210 5.3.9)");
	while (t.serial.len > 1 && t.serial.p[0] == 0)
		t.serial = (struct der){t.serial.p + 1, t.serial.len - 1};
	if (t.serial.len == 0 || 2 * t.serial.len >= CMP_SERIAL_TEXT)
		return err_set(err, ERR_INPUT, "the certificate to revoke is named by its serial");
	hex_encode(t.serial.p, t.serial.len, serial);
	for (char *c = serial; *c != '\0'; c++)
		*c = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
	return 0;
}
