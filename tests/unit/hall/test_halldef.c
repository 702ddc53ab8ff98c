#include "world.h"

struct halldef_fault {
	const char	*from, *to, *says;
};

/* The shipped definition with one text replaced must be refused at that place. */
static const struct halldef_fault halldef_bad[] = {
	{ "\ntitle: ", "\ntitel: ", "unknown key \"titel\"" },
	{ "\nissuer: ", "\n#issuer: ", "key \"issuer\" is missing" },
	{ "profile: sm2-org\n", "profile: sm3-org\n", "unknown profile \"sm3-org\"" },
	{ "form: organisation", "form: club", "unknown form \"club\"" },
	{ "kind: organisation", "kind: club", "must be organisation or person" },
	{ "identity: agent", "identity: dog", "must be agent or person" },
	{ "[agreement, form, confirm", "[agreement, fromm, confirm", "unknown step \"fromm\"" },
	{ "unlock: [question, phone_code, mail_link,", "unlock: [mail_link,", "two steps" },
	{ "mail_link, challenge, review, unlock]", "mail_link, challenge, unlock]", "two steps" },
	{ "form, confirm, phone_code, identity,", "form, confirm, identity,", "\"reissue\" needs phone_code" },
	{ "form, confirm, phone_code, print,", "form, confirm, print,", "\"change\" needs phone_code" },
	{ "recover: [reason, materials, identity,", "recover: [reason, materials,", "proves" },
	{ "recover: [reason, materials, identity, review, recover]", "recover: [identity, review, recover]",
	    "proves" },
	{ "recovery: {days: 3}", "recovery: {days: 7}", "from 1 to 6" },
	{ "types: [jpg]", "types: [gif]", "unknown type \"gif\"" },
	{ "types: [jpg]", "types: []", "\"types\" must not be empty" },
	{ "dpi: 300", "dpi: many", "\"dpi\" must be a whole number" },
	{ "price: {1: 34000,", "price: {9: 34000,", "unknown key \"9\"" },
	{ "price: {1: 34000,", "price: {1: -5,", "\"1\" must be a whole number" },
	{ "subject: {CN: ", "subject: {XX: ", "unknown key \"XX\"" },
	{ "user_name: 12", "user_name: 99", "from 4 to 15" },
	{ "working_days: 2", "working_days: soon", "\"working_days\" must be a whole number" },
	{ "  approved:\n", "  aproved:\n", "unknown event \"aproved\"" },
	{ "alipay: true", "alipay: yes", "must be true or false" },
	{ "file: dfca-construction/agreement.txt", "file: ../agreement.txt", "must stand beside" },
	{ "file: dfca-construction/agreement.txt", "file: nothing.txt", "cannot read" },
	{ "- kind: licence", "- kind: application_form", "stands here twice" },
	{ "  - id: person", "  - id: org", "product \"org\" stands here twice" },
	{ "kinds: [common, special]", "kinds: [paper]", "kinds: common, special" },
	{ "kinds: [common, special]", "kinds: []", "\"kinds\" must not be empty" },
	{ "title: unit\n", "title: me\n", "title: unit or free" },
	{ "tax_code: \"3040203990000000000\"", "tax_code: \"304\"", "\"tax_code\" has 19 digits" },
	{ "rate: 600}", "rate: 9999}", "from 0 to 1700" },
	{ "pay: receiver\n", "pay: nobody\n", "pay: receiver" },
	{ "phones:\n", "xphones:\n", "unknown key \"xphones\"" },
	{ "  - 0731-88271748", "  - {a: b}", "\"phones\" holds texts" },
	{ "price: {1: 34000, 2: 68000, 3: 102000, 4: 136000, 5: 170000}", "price: {}",
	    "\"price\" names no year" },
	{ "remind_before: [90, 60, 30, 7]", "remind_before: [7, 60]", "each later than the one before" },
	{ "remind_after: [1, 30]", "remind_after: [1, 400]", "each later than the one before" },
	/* what one part needs of another */
	{ "  renew: [", "  #new: [", "renewal needs steps.renew" },
	{ "  change: [", "  #hange: [", "change needs steps.change" },
	{ "  recover: [", "  #ecover: [", "recovery needs steps.recover" },
	{ "sms_code: SMS_ACTIVATION", "sms_code: \"\"", "\"activation\" needs notices.activation" },
	/* soft certificates */
	{ "medium: soft\n", "medium: free\n", "what the UKey costs, in fen, or soft" },
	{ "profile: sm2-person-soft\n", "profile: sm2-person\n", "medium soft, but its profile" },
	{ "profile: sm2-person\n", "profile: sm2-person-soft\n", "in a UKey, but its profile" },
	{ "price: {1: 19000, 2: 38000}", "price: {1: 19000, 3: 38000}", "sells 3 years, but its" },
	{ "collection: [download]", "collection: [download, courier]", "nobody makes it" },
	{ "seal: {fee: 5000,", "seal: {fees: 5000,", "unknown key \"fees\"" },
	{ "seal: {fee: 5000,", "seal: {fee: -1,", "\"fee\"" },
	{ "seal: {fee: 5000,", "seal: {fee: 100000001,", "\"fee\"" },
	{ "seal: {fee: 5000, kinds: [stamp], picture: choice}", "seal: 5000", "\"seal\" must be" },
	{ "kinds: [stamp], picture", "kinds: [stempel], picture", "kinds of seals: stamp, signature" },
	{ "kinds: [stamp], picture", "kinds: [], picture", "\"kinds\" must not be empty" },
	{ "kinds: [stamp], picture", "kinds: [stamp, signature], picture", "only a person signs" },
	{ "picture: choice", "picture: photo", "choice, specimen or drawn" },
	{ "- kind: seal_specimen", "- kind: seal_impression", "needs the material \"seal_specimen\"" },
	{ "- kind: signature_specimen", "- kind: hand", "needs the material \"signature_specimen\"" },
	{ "  seal: {name: 电子印章服务,", "  #seal: {name: 电子印章服务,", "\"invoice\" needs the line \"seal\"" },
	{ "medium: soft\n", "medium: soft\n    seal: {fee: 1}\n", "a seal goes into a UKey only" },
	{ "collection: [download]", "collection: [download, post]", "unknown collection \"post\"" },
	{ "collection: [download]", "collection: []", "names 1 to 8 ways" },
	{ "collection: [download]", "collection: [window]", "it needs the collection \"download\"" },
	{ "address: false, made: false}", "address: false, made: true}", "needs the collection" },
	{ "  approved_soft:\n", "  pin_remitted:\n", "needs notices.approved_soft" },
	{ "sms_code: SMS_PETITION_WARNING", "sms_code: \"\"", "needs notices.petition_warning" },
};

/* The same of the platform's, for what only that has. */
static const struct halldef_fault platform_bad[] = {
	{ "organisation: [legal_phone,", "organisation: [phone,", "no way to prove an organisation" },
	{ "person: [phone,", "person: [legal_card,", "no way to prove a person" },
	{ "legal_phone, remittance, legal_card]", "legal_phone, legal_phone]", "stands here twice" },
	{ "  person: [phone, card, remittance, face]", "  person: []", "no way for the product" },
	{ "confirm, phone_code, proof,", "confirm, proof,", "\"reissue\" needs phone_code" },
	{ "check: remark", "check: nothing", "remark or amount" },
	{ "days: 7, tries: 3", "days: 31, tries: 3", "from 1 to 30" },
	{ "days: 7, tries: 3", "days: 7, tries: 6", "from 1 to 5" },
	{ "reuse_days: 365", "reuse_days: 1831", "from 0 to 1830" },
	{ "alipay: remittance", "alipay: pigeon", "remittance or sms" },
	{ "check: remark", "check: amount", "must be 1 where the amount" },
	{ "payment, pin_account, review", "payment, review", "pin_account" },
	{ "unlock: [phone_code, proof,", "unlock: [proof,", "two steps" },
	{ "strict: false, activation: true", "strict: false", "medium.activation" },
};

/* The same of a hall with projects that is paid after the review. */
static const struct halldef_fault project_bad[] = {
	{ "    project: procurement\n", "    project: nothing\n", "names one of \"projects\"" },
	{ "    project: procurement\n", "", "names one of \"projects\"" },
	{ "{id: resources, title:", "{id: procurement, title:", "project \"procurement\" stands here twice" },
	{ "    once: true", "    once: often", "must be true or false" },
	{ "materials, review, payment, fetch]", "materials, fetch, review, payment]", "fetch comes last" },
	{ "materials, review, payment, fetch]", "materials, payment, fetch]", "fetch comes last" },
	{ "materials, review, payment, fetch]", "materials, fetch, payment]", "fetch comes last" },
	{ "materials, review, payment, fetch]", "materials, review, fetch]", "\"new\" needs payment" },
	{ "question, confirm, review, payment, fetch]", "question, confirm, review, fetch]",
	    "\"renew\" needs payment" },
	{ "form, confirm, identity, proof,", "form, payment, confirm, identity,", "confirm comes before" },
};

static char *
halldef_replace(const char *text, const char *from, const char *to, int *line)
{
	const char	*at = strstr(text, from), *p = NULL;

	if (at == NULL)
		fail_msg("\"%s\" does not stand in the definition", from);
	for (*line = 1, p = text; p < at; p++)
		*line += *p == '\n';
	return xasprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

void
test_halldef__faults_are_named_with_their_line(void **state)
{
	struct err	 err = {0};
	struct buf	 b = {0};
	char		*bad = NULL, path[] = "/tmp/hall-def-XXXXXX", where[80];
	const char	*number = NULL;
	size_t		 i = 0;
	int		 line = 0, told = 0;

	(void)state;
	assert_non_null(mkdtemp(path));
	(void)snprintf(where, sizeof(where), "%s/x.yaml", path);
	buf_init(&b, LIMIT_HALL_FILE);
	assert_ok(hall_check("halls/dfca-construction.yaml", &err));
	assert_ok(file_read("halls/dfca-construction.yaml", &b, &err));
	/* Beside no agreement texts: give them inline, so that only the planted fault is left. */
	for (i = 0; i < ARRAY_LEN(halldef_bad); i++) {
		bad = halldef_replace(b.p, halldef_bad[i].from, halldef_bad[i].to, &line);
		if (strstr(halldef_bad[i].from, "agreement.txt") == NULL) {
			char	*p = NULL;

			while ((p = strstr(bad, "file: dfca")) != NULL)
				memcpy(p, "text: dfca", 10);
		}
		assert_ok(file_write(where, bad, strlen(bad), 0644, &err));
		assert_err(hall_check(where, &err), ERR_INPUT);
		if (strstr(err.text, halldef_bad[i].says) == NULL ||
		    strncmp(err.text, where, strlen(where)) != 0)
			fail_msg("%s: %s", halldef_bad[i].to, err.text);
		number = strstr(err.text, " line ");
		assert_non_null(number);
		told = (int)strtol(number + 6, NULL, 10);
		/* A missing key is told at the map it is missing from, a missing part where it is
		 * needed. */
		if (strstr(halldef_bad[i].says, "missing") == NULL &&
		    strstr(halldef_bad[i].says, "needs") == NULL &&
		    (told < line || told > line + 2))
			fail_msg("%s: planted at %d, told %s", halldef_bad[i].to, line, err.text);
		free(bad);
	}
	(void)unlink(where);
	(void)rmdir(path);
	buf_free(&b);
}

/* Each of these faults is named, in a copy of the shipped definition without its text files. */
static void
halldef_refuses(const char *shipped, const struct halldef_fault *list, size_t n)
{
	struct err	 err = {0};
	struct buf	 b = {0};
	char		*bad = NULL, *p = NULL, path[] = "/tmp/hall-def-XXXXXX", where[80];
	size_t		 i = 0;
	int		 line = 0;

	assert_non_null(mkdtemp(path));
	(void)snprintf(where, sizeof(where), "%s/x.yaml", path);
	buf_init(&b, LIMIT_HALL_FILE);
	assert_ok(hall_check(shipped, &err));
	assert_ok(file_read(shipped, &b, &err));
	for (i = 0; i < n; i++) {
		bad = halldef_replace(b.p, list[i].from, list[i].to, &line);
		while ((p = strstr(bad, "file: dfca")) != NULL)
			memcpy(p, "text: dfca", 10);
		assert_ok(file_write(where, bad, strlen(bad), 0644, &err));
		assert_err(hall_check(where, &err), ERR_INPUT);
		if (strstr(err.text, list[i].says) == NULL)
			fail_msg("%s: %s", list[i].to, err.text);
		free(bad);
	}
	(void)unlink(where);
	(void)rmdir(path);
	buf_free(&b);
}

void
test_halldef__faults_of_the_platform_are_named(void **state)
{
	(void)state;
	halldef_refuses("halls/hunan-platform.yaml", platform_bad, ARRAY_LEN(platform_bad));
}

void
test_halldef__faults_of_projects_are_named(void **state)
{
	(void)state;
	halldef_refuses("halls/neimenggu.yaml", project_bad, ARRAY_LEN(project_bad));
}

void
test_halldef__texts_are_filled(void **state)
{
	struct buf	 b = {0};
	json_t		*v = json_pack("{s:s}", "no", "12");

	(void)state;
	buf_init(&b, 100);
	text_fill("业务{no}，{none}。{", v, &b);
	assert_string_equal(b.p, "业务12，。{");
	buf_free(&b);
	json_decref(v);
}
