#include "base/base.h"
#include "base/str.h"
#include "journal/work.h"
#include "pki/statement.h"

/* The text of a head and what it is worth; no store, no file. */

void
journal_head_write(const struct journal_head *head, struct buf *text)
{
	char	 hex[2 * TREE_HASH + 1];

	hex_encode(head->root, TREE_HASH, hex);
	buf_addf(text, "{\"journal\":\"%s\",\"lines\":%" PRId64 ",\"root\":\"%s\",\"time\":%" PRId64
	    ",\"type\":\"journal-head\",\"v\":1}", head->journal, head->lines, hex, head->time);
}

int
journal_head_parse(const char *text, size_t len, struct journal_head *head, struct err *err)
{
	struct buf	 again;
	json_t		*j = NULL;
	int		 rc = -1;

	*head = (struct journal_head){0};
	buf_init(&again, JOURNAL_HEAD_MAX);
	if (json_parse(text, len, JOURNAL_HEAD_MAX, &j, err) < 0)
		goto out;
	head->lines = js_int(j, "lines", -1);
	head->time = js_int(j, "time", -1);
	(void)snprintf(head->journal, sizeof(head->journal), "%s", js_str(j, "journal"));
	if (hex_decode(js_str(j, "root"), head->root, TREE_HASH) == 0 && head->lines >= 0) {
		journal_head_write(head, &again);
		rc = again.len == len && memcmp(again.p, text, len) == 0 ? 0 : -1;
	}
	if (rc < 0)
		err_set(err, ERR_CRYPTO, "this is no head of a journal");
 out:
	json_decref(j);
	buf_free(&again);
	return rc;
}

int
journal_head_check(const char *text, size_t len, const void *signature, size_t signature_len,
    const struct cert *by, struct err *err)
{
	struct signature	 s = {signature, signature_len};
	struct signed_statement	 in = {.text = text, .len = len, .first = s};
	struct journal_head	 head;

	if (journal_head_parse(text, len, &head, err) < 0)
		return -1;
	if (head.time < cert_not_before(by) || head.time > cert_not_after(by))
		return err_set(err, ERR_CRYPTO, "the certificate of the journal's key was not good "
		    "when the head of %" PRId64 " lines was signed", head.lines);
	if (statement_verify(&in, &s, by, err) == 0)
		return 0;
	return err_set(err, ERR_CRYPTO, "the signature of the head of %" PRId64 " lines does not "
	    "hold", head.lines);
}

void
stored_head_init(struct stored_head *h)
{
	buf_init(&h->text, JOURNAL_HEAD_MAX);
	buf_init(&h->signature, SM2_SIG_DER_MAX);
	h->key[0] = '\0';
}

void
stored_head_free(struct stored_head *h)
{
	buf_free(&h->text);
	buf_free(&h->signature);
}

int
head_newest(struct db *db, struct stored_head *h, struct err *err)
{
	struct rows	*r = NULL;
	const void	*p;
	size_t		 len;
	int		 rc;

	buf_clear(&h->text);
	buf_clear(&h->signature);
	if (db_query(db, SQL_TREE_HEAD_NEWEST, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		buf_addstr(&h->text, rows_text(r, 0));
		p = rows_blob(r, 1, &len);
		buf_add(&h->signature, p, len);
		(void)snprintf(h->key, sizeof(h->key), "%s", rows_text(r, 2));
	}
	rows_free(r);
	return rc;
}

void
head_file_line(const char *text, const void *signature, size_t len, const char *key,
    struct buf *out)
{
	json_t	*j = json_pack("{s:s,s:s}", "head", text, "key", key);

	js_set_bytes(j, "signature", signature, len);
	json_write_canonical(j, out);
	buf_addch(out, '\n');
	json_decref(j);
}
