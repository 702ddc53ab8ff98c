#ifndef HALL_HALLDEF_H
#define HALL_HALLDEF_H
#include "base/json.h"
/*
 * The hall definition: one YAML file says what a hall sells, asks, shows and in which order.
 * It is checked whole at load: an unknown or missing key, a wrong type, an unknown step,
 * profile or material is named with its line.  Read-only afterwards; every text is borrowed
 * from the definition and lives as long as it.
 */
#define HALLDEF_YEARS	5
#define HALLDEF_REMINDERS	16
#define HALLDEF_RECOVERY_DAYS	3
#define HALLDEF_SUBJECT	8
#define HALLDEF_WAYS	8

struct def_pair { const char *key, *value; };

/* A text applicants agree to; the file's bytes are what they agree to. */
struct def_agreement {
	const char	*id;		/* "service", "privacy" … */
	const char	*title;		/* 电子认证服务协议 */
	const char	*version;	/* "2026-01" */
	const char	*text;		/* UTF-8, paragraphs separated by line feeds */
	char		 digest[65];	/* SM3 of text, hex */
	bool		 print;		/* printed with the acceptance form */
};

/* The way through one operation: names in steps.def. */
struct def_steps {
	const char	*op;		/* "new", "renew", "reissue" */
	const char *const *names;
	size_t		 n;
};

/* One kind of material of a product (rows APP/MAT of the seeds). */
struct def_material {
	const char	*kind;		/* "licence" */
	const char	*title;		/* 单位有效证件 */
	const char	*help;		/* how to prepare it */
	const char	*op;		/* only for this operation; "": for each */
	bool		 required;
	bool		 stamp;		/* must bear the unit's seal */
	bool		 common;	/* one picture serves all persons of a batch (batch.h) */
	bool		 jpg, png, bmp;
	size_t		 max_bytes;	/* of the kept copy */
	int		 dpi;		/* least resolution, 0: any */
	int		 paper_mm;	/* long edge of what is depicted, 0: unknown */
};

/* What certificates are for: a business system with products, materials and prices of its own. */
struct def_project {
	const char	*id;		/* "procurement" */
	const char	*title;		/* 政府采购 */
	const char	*text;		/* who needs which certificate */
};

/* Electronic seals of a product (eseal.h). */
enum def_picture { PICTURE_CHOICE, PICTURE_SPECIMEN, PICTURE_DRAWN };
struct def_seal {
	bool		 on;		/* sold */
	bool		 stamp;		/* a unit's seal, a person's name seal */
	bool		 signature;	/* a person's own signature */
	int64_t		 fee;		/* fen, for one of either kind */
	enum def_picture picture;	/* of a stamp: the applicant's choice, from the specimen, drawn */
};

struct def_product {
	const char	*id;		/* "org" */
	const struct def_project *project;	/* NULL: the hall has none */
	bool		 once;		/* an account has one of them: under way, or valid */
	const char	*title;		/* 单位证书 */
	const char	*template_name;	/* SM2机构证书 */
	const char	*profile;	/* certificate profile: sm2-org */
	bool		 person;	/* subject is a natural person */
	bool		 identity_person; /* proved by phone: the person, else the agent */
	const char	*form;		/* "organisation" or "person": form.h */
	int64_t		 price[HALLDEF_YEARS + 1];	/* fen for 1..5 years, -1: not sold */
	int64_t		 medium;	/* fen for the UKey */
	struct def_seal	 seal;
	bool		 soft;		/* medium: soft; the key is a file of the applicant's */
	const char	*ways[HALLDEF_WAYS];	/* collections offered; n_ways 0: all that fit */
	size_t		 n_ways;
	int64_t		 discount;	/* fen off */
	const char	*discount_text;	/* 无优惠 */
	const char	*fee_note;
	const char	*authorisation;	/* text of the letter of authorisation, {placeholders} */
	struct def_pair		 subject[HALLDEF_SUBJECT];	/* "CN" -> "{org_name}" … */
	size_t			 n_subject;
	const struct def_material *materials;
	size_t			 n_materials;
};

/* A petition (petition.h): how long the old channel may object, and how many reviewers agree. */
struct def_petition {
	int		 wait_days;	/* 0: not offered */
	int		 reviewers;	/* 1 or 2 */
	const char	*letter;	/* text of the letter to be sealed, "" none */
};

/* Proving who the subject is (way.h, proof.h). */
struct def_identity {
	const char	*ways[2][HALLDEF_WAYS];	/* [0] organisation, [1] person: names of ways.def */
	size_t		 n_ways[2];
	int		 tries;			/* a day, for an account and for a subject */
	int		 reuse_days;		/* an unlocking may use a proof so old, 0 none */
	bool		 remit_amount;		/* what is read off the statement: the sum, else the remark */
	int		 remit_days;		/* an answer to a remittance is waited for so long */
	int		 remit_tries;		/* wrong answers end it */
};

struct def_bank { const char *holder, *account, *bank; };

struct def_collection {
	const char	*id;		/* "window", "courier", "download" */
	const char	*title;
	const char	*help;
	bool		 address;	/* asks for receiver, phone, address */
	bool		 made;		/* staff write the key; otherwise the applicant downloads */
};

/* What is said at an event: SMS and mail with {placeholders}; either may be absent. */
struct def_notice {
	const char	*event;		/* "approved" … the closed list stands in notice.h */
	const char	*sms_code;	/* template code at the SMS provider */
	const char	*sms_text;	/* its text, for our records */
	const char	*mail_subject, *mail_body;
};

/* A line of an invoice; the CA's accountant says which codes and rates. */
struct def_invoice_line {
	const char	*name;		/* 数字证书服务 */
	const char	*tax_code;	/* 税收分类编码, 19 digits */
	int		 rate;		/* of tax, in 1/10000 */
};
/* Electronic invoices; a hall without has none. */
struct def_invoice {
	bool		 on;
	bool		 common, special;	/* 普票, 专票 */
	bool		 fixed;			/* title: the unit of the certificate, not to be changed */
	int		 days;			/* so long after the application it may be asked for */
	int		 orders;		/* most on one invoice */
	struct def_invoice_line	 service, medium;	/* the UKey is taxed otherwise */
	struct def_invoice_line	 seal;			/* electronic seals; name "": in the service */
};

/* Parcels by a courier whom we order by wire; a hall without ships by hand only. */
struct def_express {
	bool		 on;
	const char	*courier;	/* 顺丰: so it is called, and known in what makers type */
	bool		 collect;	/* 到付, else our monthly account */
	const char	*company, *contact, *phone, *province, *city, *address;	/* we who send */
};

/* A platform whose users arrive signed in. */
struct def_platform {
	const char	*id;		/* "zjy"; in paths */
	const char	*title;		/* 住建云 */
	const char	*issuer;	/* OpenID Connect */
	const char	*client_id;
	const char	*secret_file;	/* below data.dir; gate reads it */
	const char	*scopes;	/* "openid profile phone" */
	const char	*home;		/* where a user of it goes back to */
	const char	*change;	/* one sentence: where its facts can be changed */
	const struct def_pair *fields;	/* field of a form -> claim, or "=value" */
	size_t		 n_fields;
};

struct def_reason { const char *code, *text; };
struct def_text { const char *title, *text, *url; };	/* downloads, guides, links, notices */

struct halldef {
	const char	*id;		/* dfca-construction */
	const char	*title;		/* 湖南省住建行业数字证书及签章服务网 */
	const char	*issuer;	/* 东方新诚信数字认证中心 */
	const char	*voluntary;	/* notice that certificates are voluntary */
	const char	*about;		/* 关于证书 */
	const char	*paper_address;	/* where paper goes */
	const char *const *phones;	/* customer service */
	size_t		 n_phones;
	const char *const *contacts;	/* other contacts, one line each */
	size_t		 n_contacts;
	const struct def_agreement *agreements;	size_t n_agreements;
	const struct def_agreement *cps;	/* practice statement; "# " begins a heading */
	const struct def_project *projects;	size_t n_projects;
	const struct def_product *products;	size_t n_products;
	const struct def_steps *steps;		size_t n_steps;		/* one an operation */
	int		 renew_before, renew_after;	/* days; before 0: no renewal */
	const int	*remind;		size_t n_remind; /* days before the end, falling;
								    negative: after it */
	const struct def_collection *collections; size_t n_collections;
	const struct def_notice *notices;	size_t n_notices;
	const struct def_text *downloads;	size_t n_downloads;
	const struct def_text *guides;		size_t n_guides;
	const struct def_text *links;		size_t n_links;
	const struct def_text *faq;		size_t n_faq;
	bool		 identity_face;		/* face by QR after the three factors */
	struct def_identity identity;
	bool		 pin_alipay, pin_wechat, pin_transfer;	/* the activation PIN of an order paid
						   so goes in the remark of a remittance; else SMS */
	bool		 pay_alipay, pay_alipay_page, pay_wechat, pay_transfer;
	struct def_bank	 bank;
	int		 user_name_max;		/* 12 */
	int		 pin_tries;		/* 9 */
	int		 review_days;		/* working days promised */
	bool		 security_question;	/* asked on the form */
	const char *const *questions;	size_t n_questions;
	const struct def_reason *reasons;	/* why an application is returned */
	size_t			 n_reasons;
	int		 warranty_days;		/* of the medium */
	int64_t		 medium_fee;		/* replacement out of warranty, fen */
	int64_t		 change_fee;		/* fen */
	int		 recover_days;		/* that key officers' signatures last */
	bool		 medium_strict;		/* staff write UKeys of the stock only (stock.h) */
	bool		 medium_activation;	/* … and the holder gets an activation PIN (activation.h) */
	int		 sign_in_notices;	/* told in 24 hours of sign-ins from somewhere new */
	struct def_petition petition_mobile;	/* a dead number without a UKey */
	struct def_petition petition_handler;	/* certificates of another handler */
	struct def_invoice invoice;
	struct def_express express;
	const struct def_platform *platforms;	size_t n_platforms;
	/* private */
	struct arena	*arena;
};

/* Does the signer know this certificate profile? */
bool		halldef_has_profile(const char *name);
NODISCARD int	halldef_load(const char *path, struct halldef **out, struct err *err);
void		halldef_free(struct halldef *d);		/* NULL: no-op */

const struct def_project	*halldef_project(const struct halldef *d, const char *id);
const struct def_product	*halldef_product(const struct halldef *d, const char *id);
const struct def_platform	*halldef_platform(const struct halldef *d, const char *id);
const struct def_collection	*halldef_collection(const struct halldef *d, const char *id);
/* Does this operation of the hall have this step? */
bool	halldef_has_step(const struct halldef *d, const char *op, const char *step);
/* Is the activation PIN of an order paid by this channel remitted? */
bool	halldef_pin_remitted(const struct halldef *d, const char *channel);
/* The steps of an operation; one that is not defined has none. */
const struct def_steps	*halldef_steps(const struct halldef *d, const char *op);
const struct def_agreement	*halldef_agreement(const struct halldef *d, const char *id);
const struct def_notice		*halldef_notice(const struct halldef *d, const char *event);
/* An order of this operation hands it in. */
bool	material_is_for(const struct def_material *m, const char *op);
const struct def_material	*product_material(const struct def_product *p, const char *kind);
/* "soft" or "ukey"; 软证书 or UKey. */
const char	*product_medium(const struct def_product *p);
const char	*product_medium_text(const struct def_product *p);
/* Is this way of collection offered for it?  A soft certificate is made by nobody but the applicant. */
bool	product_collects(const struct def_product *p, const struct def_collection *way);
/* Fen to pay for so many years, without a seal; -1 when not sold. */
int64_t	product_amount(const struct def_product *p, int years);
/* The paragraphs of a text: an array of its lines that are not empty. */
json_t	*text_paragraphs(const char *text);
/* Replace {name} by the string of that name in values ("" when missing). Appends to out. */
void	text_fill(const char *text, const json_t *values, struct buf *out);
#endif
