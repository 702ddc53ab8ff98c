#include "base/base.h"
#include "seal/pdf_check.h"

#define ROOM		2048			/* signature, algorithm, digest, property, headers */
#define PDF_SEAL_UNFIT	"盖章后的文件不能通过自检，没有输出。请用原来的软件把文件另存为 PDF 再试。"
#define ROOM_STAMP	16384			/* a token with its certificates */

static int
seal_sign(const struct pdf_sealer *sealer, struct pdf_draft *draft, int64_t now, struct err *err)
{
	struct esign_plan	 plan = {.seal = sealer->seal, .seal_len = sealer->seal_len,
		.time = now, .digest = draft->digest, .property = draft->property};
	struct buf		 tbs, sig, token, der;
	int			 rc = -1;

	buf_init(&tbs, ESIGN_MAX);
	buf_init(&sig, KEY_SIG_MAX);
	buf_init(&token, ROOM_STAMP);
	buf_init(&der, ESIGN_MAX);
	if (esign_tbs(&plan, &tbs, err) == 0 &&
	    sealer->sign(sealer->arg, tbs.p, tbs.len, &sig, err) == 0 &&
	    (sealer->stamp == NULL ||
	    sealer->stamp(sealer->arg, sig.p, sig.len, &token, err) == 0) &&
	    esign_wrap(&tbs, sealer->signer, &sig, token.p, token.len, &der, err) == 0)
		rc = pdf_fill(draft, der.p, der.len, err);
	buf_free(&tbs);
	buf_free(&sig);
	buf_free(&token);
	buf_free(&der);
	return rc;
}

/* The newest signature is found in the result and says what was signed. */
static int
seal_look_again(const struct pdf_draft *draft, struct err *err)
{
	struct pdf		*d = NULL;
	struct pdf_signatures	 all = {.n = 0};
	const struct pdf_signature *s;
	int			 rc = -1;

	if (pdf_open(draft->file.p, draft->file.len, &d, err) == 0 &&
	    pdf_signatures_find(d, &all, err) == 0) {
		s = all.n > 0 ? &all.row[all.n - 1] : NULL;
		rc = s != NULL && s->is_whole && s->trouble == PDF_FINE &&
		    memcmp(s->digest, draft->digest, sizeof(draft->digest)) == 0 ? 0 :
		    err_set(err, ERR_INPUT, PDF_SEAL_UNFIT);
	}
	pdf_signatures_free(&all);
	pdf_close(d);
	return rc;
}

int
pdf_seal(const void *p, size_t len, const struct pdf_sealer *sealer, const struct pdf_place *place,
    const struct cert_pool *pool, int64_t now, struct buf *out, struct err *err)
{
	struct eseal_question	 q = {.now = now, .pool = pool, .holder = sealer->signer};
	struct eseal		*seal = NULL;
	struct pdf		*d = NULL;
	struct pdf_draft	 draft = {.gap = 0};
	size_t			 cert_len, room;
	int			 rc = -1;

	(void)cert_der(sealer->signer, &cert_len);
	room = sealer->seal_len + cert_len + ROOM + (sealer->stamp != NULL ? ROOM_STAMP : 0);
	if (eseal_parse(sealer->seal, sealer->seal_len, &seal, err) < 0)
		return -1;
	q.seal = seal;
	if (eseal_check(&q, err) == 0 && pdf_open(p, len, &d, err) == 0 &&
	    pdf_prepare(d, seal, place, now, room, &draft, err) == 0 &&
	    seal_sign(sealer, &draft, now, err) == 0 && seal_look_again(&draft, err) == 0) {
		buf_add(out, draft.file.p, draft.file.len);
		rc = buf_check(out, err);
	}
	pdf_draft_free(&draft);
	pdf_close(d);
	eseal_free(seal);
	return rc;
}
