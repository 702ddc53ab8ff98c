#include "base/base.h"
#include "hall/certificate/soft.h"

#include "base/clock.h"
#include "hall/def/halldef.h"
#include "hall/medium/medium.h"
#include "hall/medium/words.h"
#include "pki/cms.h"
#include "pki/envelope.h"

int
soft_bind(struct db *db, const struct order *o, const json_t *in, struct err *err)
{
	bool		 request = strcmp(js_str(in, "way"), "request") == 0;
	const char	*container = request ? "" : js_str(in, "medium");

	if (*container != '\0' && !medium_is_serial(container))
		return err_set(err, ERR_INPUT, "软证书文件的编号不对，请更新证书助手后再试。");
	return db_run(db, SQL_SOFT_KEY_SET, NULL, err, DB_INT(o->id),
	    DB_TEXT(request ? "request" : "assistant"), DB_TEXT(container), DB_INT(clock_now()));
}

static int
soft_parts(json_t *model, struct err *err)
{
	struct buf	der, cipher, key;
	int		rc = -1;

	buf_init(&der, ENVELOPE_MAX);
	buf_init(&cipher, ENVELOPE_MAX);
	buf_init(&key, 64);
	if (js_need_bytes(model, "enc_key", &der, err) == 0 &&
	    envelope_split(der.p, der.len, &cipher, &key, err) == 0) {
		js_set_bytes(model, "enc_key_sm2", cipher.p, cipher.len);
		js_set_bytes(model, "enc_key_sm4", key.p, key.len);
		rc = 0;
	}
	buf_free(&der);
	buf_free(&cipher);
	buf_free(&key);
	return rc;
}

int
soft_files(json_t *model, struct err *err)
{
	json_t		*one = NULL, *list = json_array();
	struct buf	 certs, p7b;
	size_t		 i = 0;
	int		 rc = 0;

	buf_init(&certs, CMS_MAX);
	buf_init(&p7b, CMS_MAX);
	(void)json_array_append(list, json_object_get(model, "sign_cert"));
	(void)json_array_append(list, json_object_get(model, "enc_cert"));
	(void)json_array_extend(list, json_object_get(model, "chain"));
	json_array_foreach(list, i, one) {
		json_t	*holder = json_pack("{s:O}", "der", one);

		if (rc == 0)
			rc = js_need_bytes(holder, "der", &certs, err);
		json_decref(holder);
	}
	if (rc == 0 && (rc = cms_certs(certs.p, certs.len, &p7b, err)) == 0)
		js_set_bytes(model, "p7b", p7b.p, p7b.len);
	json_decref(list);
	buf_free(&certs);
	buf_free(&p7b);
	return rc < 0 ? -1 : soft_parts(model, err);
}

static char *
soft_place(const char *way, const char *container, int64_t made)
{
	char	day[CLOCK_TEXT];

	(void)clock_date(made, day);
	if (strcmp(way, "request") == 0)
		return xasprintf("密钥由您自己生成（%s 提交证书请求），只在您保存的私钥文件里，本网站没有。", day);
	return xasprintf("密钥在您 %s 下载时所用电脑的软证书文件里%s%s%s，由您设置的口令保护，本网站没有。"
	    "证书助手的页面可以看到文件在哪个文件夹，请另存一份备份。", day,
	    *container == '\0' ? "" : "（编号 ", container, *container == '\0' ? "" : "）");
}

int
soft_model(struct db *db, const struct order *o, json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	char		*place = NULL;
	int		 rc = 0;

	js_set_bool(model, "soft", o->def->soft);
	js_set_str(model, "medium_text", product_medium_text(o->def));
	js_set_str(model, "key_place", "");
	(void)json_object_set_new(model, "words", medium_words_model(medium_words(o->def)));
	if (!o->def->soft)
		return 0;
	if (db_query(db, SQL_SOFT_KEY_GET, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		place = soft_place(rows_text(rows, 0), rows_text(rows, 1), rows_int(rows, 2));
		js_set_str(model, "key_place", place);
	}
	free(place);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}
