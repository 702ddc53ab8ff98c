#include "base/base.h"
#include "seal/pdf_check.h"

#include "base/clock.h"

#define CLOCK_GRACE	(5 * CLOCK_MINUTE)	/* a signer's clock may be ahead by this */

static bool
rule_is_esign(const struct pdf_question *q)
{
	return q->esign != NULL;
}

/* What stands in the file could be read at all. */
static bool
rule_is_read(const struct pdf_question *q)
{
	return q->signature->der.len > 0;
}

static bool
rule_always(const struct pdf_question *q)
{
	(void)q;
	return true;
}

static bool
rule_digest(const struct pdf_question *q)
{
	return memcmp(esign_digest(q->esign), q->signature->digest, SM2_DIGEST_LEN) == 0;
}

static bool
rule_signature(const struct pdf_question *q)
{
	struct err	 none = {0};

	return esign_verify_signature(q->esign, &none) == 0;
}

static bool
rule_extensions(const struct pdf_question *q)
{
	return !esign_has_critical(q->esign);
}

static bool
rule_seal(const struct pdf_question *q)
{
	return q->seal_err.kind == ERR_NONE;
}

static bool
rule_chain(const struct pdf_question *q)
{
	struct err	 none = {0};

	return cert_pool_verify(q->world->pool, esign_signer(q->esign), q->time, &none) == 0;
}

static bool
rule_time(const struct pdf_question *q)
{
	return esign_time(q->esign) <= q->world->now + CLOCK_GRACE;
}

static bool
rule_stamp(const struct pdf_question *q)
{
	return q->stamp_holds;
}

static bool
rule_stamp_asks(const struct pdf_question *q)
{
	return q->esign != NULL && q->has_stamp;
}

/* Revoked later than a proved time of sealing does not matter. */
static bool
rule_status(const struct pdf_question *q)
{
	return !q->is_revoked || (q->stamp_holds && q->time < q->revoked_since);
}

static bool
rule_status_asks(const struct pdf_question *q)
{
	return q->esign != NULL && q->status_known;
}

static const struct pdf_rule	pdf_rules[] = {
	{"complete", "签章信息完整",
	    "签章缺少必要的信息（覆盖范围或签名值），不是有效的签章。请向出具文件的单位索取原件。",
	    PDF_INCOMPLETE, NULL, rule_always},
	{"range", "除签名值本身外，签章覆盖了全部字节",
	    "签章没有覆盖它该覆盖的全部内容，文件可能被伪造。请不要采信，向出具文件的单位核实。",
	    PDF_GAP, NULL, rule_always},
	{"own", "一枚签章只用一次",
	    "同一个签名被当作几枚签章使用，文件被伪造。请不要采信，向出具文件的单位核实。",
	    PDF_SHARED, NULL, rule_always},
	{"padding", "签名值之后没有夹带内容",
	    "签名值后面夹带了没有被签名的内容。请不要采信，向出具文件的单位核实。",
	    PDF_PADDED, NULL, rule_always},
	{"version", "签章覆盖的是文件的一个完整版本",
	    "签章覆盖的部分不是一份完整的文件，可能是从别的文件搬来的。请不要采信，向出具文件的单位核实。",
	    PDF_VERSION, NULL, rule_always},
	{"later", "盖章之后只加盖过别的章，内容没有改动",
	    "盖章之后文件的内容被改动过。请不要采信，向出具文件的单位索取原件。",
	    PDF_CHANGED, NULL, rule_always},
	{"format", "是符合 GB/T 38540-2020 的电子签章",
	    "这是其他格式的数字签名，本系统只核验符合 GB/T 38540-2020 的电子签章，"
	    "不判断它是否有效。请用签名方提供的软件核验。", PDF_FINE, rule_is_esign, rule_is_read},
	{"digest", "文件内容与盖章时相同",
	    "文件内容与盖章时不同，被改动过。请不要采信，向出具文件的单位索取原件。", PDF_FINE,
	    rule_digest, NULL},
	{"signature", "盖章人的签名有效",
	    "签名与盖章人的证书不符，签章是伪造的或已损坏。请不要采信，向出具文件的单位核实。", PDF_FINE,
	    rule_signature, NULL},
	{"extensions", "没有不认识的关键扩展",
	    "签章里有必须理解、而本系统不认识的扩展。请用盖章方提供的软件核验。", PDF_FINE,
	    rule_extensions, NULL},
	{"time", "盖章时间不晚于现在",
	    "盖章时间晚于现在。请核对本机的日期，或向出具文件的单位核实。", PDF_FINE, rule_time, NULL},
	{"seal", "印章本身有效，且属于盖章人", "印章无效，或不属于盖章人。", PDF_FINE, rule_seal, NULL},
	{"chain", "盖章人的证书由受信任的机构签发，盖章时有效",
	    "盖章人的证书不是受信任的机构签发的，或者盖章时不在有效期内。"
	    "请先安装签发机构的根证书，或向出具文件的单位核实。", PDF_FINE, rule_chain, NULL},
	{"stamp", "时间戳有效",
	    "时间戳与签章不符，或不是受信任的机构签发的，盖章时间没有证明。请向出具文件的单位核实。",
	    PDF_FINE, rule_stamp, rule_stamp_asks},
	{"status", "盖章时盖章人的证书没有被吊销",
	    "盖章人的证书已被吊销或冻结，又没有时间戳能证明盖章在此之前。请向出具文件的单位核实。",
	    PDF_FINE, rule_status, rule_status_asks},
};

const struct pdf_rule *
pdf_rule_at(size_t i)
{
	return i < ARRAY_LEN(pdf_rules) ? &pdf_rules[i] : NULL;
}
