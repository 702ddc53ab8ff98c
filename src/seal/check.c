#include "base/base.h"
#include "seal/parts.h"

/* Rules ------------------------------------------------------------------------------- */

static bool
rule_signature(const struct eseal_question *q)
{
	struct err	 none = {0};

	return eseal_verify_signature(q->seal, &none) == 0;
}

static bool
rule_signature_asks(const struct eseal_question *q)
{
	return !q->unsigned_yet;
}

/* It may sign, is no CA, and its extended usage is making seals. */
static bool
rule_maker_use(const struct eseal_question *q)
{
	const struct cert	*m = q->seal->maker;

	return cert_is_sign(m) && !cert_is_ca(m) &&
	    (q->maker_use == NULL || cert_has_eku(m, q->maker_use));
}

static bool
rule_maker_valid(const struct eseal_question *q)
{
	const struct eseal	*s = q->seal;

	return s->made >= cert_not_before(s->maker) && s->made <= cert_not_after(s->maker);
}

/* At the time of making: a maker's certificate may end before the seals it made. */
static bool
rule_maker_chain(const struct eseal_question *q)
{
	struct err	 none = {0};

	return cert_pool_verify(q->pool, q->seal->maker, q->seal->made, &none) == 0;
}

static bool
rule_maker_chain_asks(const struct eseal_question *q)
{
	return q->pool != NULL;
}

static bool
rule_dates(const struct eseal_question *q)
{
	return q->seal->not_before < q->seal->not_after && q->seal->made <= q->seal->not_after;
}

static bool
rule_begun(const struct eseal_question *q)
{
	return q->now >= q->seal->not_before;
}

static bool
rule_not_ended(const struct eseal_question *q)
{
	return q->now <= q->seal->not_after;
}

static bool
rule_type(const struct eseal_question *q)
{
	return q->seal->type == ESEAL_OF_ORGANISATION || q->seal->type == ESEAL_OF_PERSON;
}

/* The type that is named is one that is known, and the picture begins like one. */
static bool
rule_picture_type(const struct eseal_question *q)
{
	static const struct {
		const char	*type, *magic;
		size_t		 len;
	} kinds[] = {{"PNG", "\x89PNG\r\n\x1a\n", 8}, {"JPG", "\xff\xd8\xff", 3},
		{"GIF", "GIF8", 4}, {"BMP", "BM", 2}, {"SVG", "<", 1}};
	const struct eseal_picture	*p = &q->seal->picture;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcasecmp(p->type, kinds[i].type) == 0)
			return p->len > kinds[i].len &&
			    memcmp(p->p, kinds[i].magic, kinds[i].len) == 0;
	return false;
}

static bool
rule_picture_size(const struct eseal_question *q)
{
	const struct eseal_picture	*p = &q->seal->picture;

	return p->width >= ESEAL_SIDE_MIN && p->width <= ESEAL_SIDE_MAX &&
	    p->height >= ESEAL_SIDE_MIN && p->height <= ESEAL_SIDE_MAX;
}

static bool
rule_extensions(const struct eseal_question *q)
{
	return !q->seal->has_critical;
}

static bool
rule_holder(const struct eseal_question *q)
{
	return eseal_is_for(q->seal, q->holder);
}

static bool
rule_holder_use(const struct eseal_question *q)
{
	return cert_is_sign(q->holder) && !cert_is_ca(q->holder);
}

static bool
rule_holder_valid(const struct eseal_question *q)
{
	return q->now >= cert_not_before(q->holder) && q->now <= cert_not_after(q->holder);
}

static bool
rule_holder_asks(const struct eseal_question *q)
{
	return q->holder != NULL;
}

/* The signature comes first: nothing else is worth asking of a seal that was altered. */
static const struct eseal_rule	eseal_rules[] = {
	{"signature", "制章者的签名有效",
	    "印章内容与制章者的签名不符：印章被改动过，或者不是用 SM2、SM3 签名的。请重新下载印章。",
	    rule_signature_asks, rule_signature},
	{"maker-use", "制章者的证书可用于制章",
	    "签名的证书不是制章者的签名证书。请向发给您印章的机构核实。", NULL, rule_maker_use},
	{"maker-valid", "制章时制章者的证书在有效期内",
	    "制章时制章者的证书不在有效期内。请向发给您印章的机构核实。", NULL, rule_maker_valid},
	{"maker-chain", "制章者的证书可追溯到受信任的根",
	    "制章者的证书不是受信任的机构签发的。请先安装该机构的根证书，或核实印章的来源。",
	    rule_maker_chain_asks, rule_maker_chain},
	{"dates", "印章的起止日期先后合理",
	    "印章的截止时间早于开始时间或制作时间。请联系制章机构重新制作。", NULL, rule_dates},
	{"begun", "印章已经生效", "印章还没有到生效时间。请核对电脑的日期，或到时再用。", NULL,
	    rule_begun},
	{"not-ended", "印章没有过期", "印章已经过期。请办理更新，新印章随新证书一起下载。", NULL,
	    rule_not_ended},
	{"type", "印章类型是单位印章或个人印章",
	    "印章类型不是单位印章，也不是个人印章。请联系制章机构重新制作。", NULL, rule_type},
	{"picture-type", "印章图像的格式与所写相符",
	    "印章图像的格式与所写不符，或者不是 PNG、JPG、GIF、BMP、SVG。请联系制章机构重新制作。",
	    NULL, rule_picture_type},
	{"picture-size", "印章图像的尺寸合理（5 至 120 毫米）",
	    "印章图像的宽高不在 5 至 120 毫米之间。请联系制章机构重新制作。", NULL,
	    rule_picture_size},
	{"extensions", "没有不认识的关键扩展",
	    "印章里有必须理解、而本系统不认识的扩展。请用制章机构提供的软件查看。", NULL,
	    rule_extensions},
	{"holder", "持章人的证书在印章的证书列表里",
	    "这枚印章不是给这张证书用的。请插入与印章配套的 UKey。", rule_holder_asks, rule_holder},
	{"holder-use", "持章人的证书是签名证书", "持章人的证书不是签名证书。请选择签名证书。",
	    rule_holder_asks, rule_holder_use},
	{"holder-valid", "持章人的证书在有效期内",
	    "持章人的证书不在有效期内。请办理更新，印章会随证书一起换新。", rule_holder_asks,
	    rule_holder_valid},
};

const struct eseal_rule *
eseal_rule_at(size_t i)
{
	return i < ARRAY_LEN(eseal_rules) ? &eseal_rules[i] : NULL;
}

size_t
eseal_check_each(const struct eseal_question *q,
    void (*each)(const struct eseal_rule *rule, bool holds, void *arg), void *arg)
{
	const struct eseal_rule	*r;
	size_t			 broken = 0;

	for (size_t i = 0; (r = eseal_rule_at(i)) != NULL; i++) {
		bool	 holds;

		if (r->asks != NULL && !r->asks(q))
			continue;
		holds = r->holds(q);
		broken += !holds;
		each(r, holds, arg);
	}
	return broken;
}

static void
eseal_check_first(const struct eseal_rule *rule, bool holds, void *arg)
{
	const struct eseal_rule	**first = arg;

	if (!holds && *first == NULL)
		*first = rule;
}

int
eseal_check(const struct eseal_question *q, struct err *err)
{
	const struct eseal_rule	*first = NULL;

	return eseal_check_each(q, eseal_check_first, &first) == 0 ? 0 :
	    err_set(err, ERR_INPUT, "%s", first->text);
}
