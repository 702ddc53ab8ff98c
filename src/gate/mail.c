#include "base/base.h"
#include "gate/message.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"

#define MAIL_WORD	45	/* bytes in an encoded word: 60 of base64, 72 with its frame */
#define MAIL_LINE	76
#define MAIL_BODY_MAX	(1024 * 1024)

bool
mail_address_is_plain(const char *address)
{
	const char	*at = strchr(address, '@');

	if (at == NULL || at == address || at[1] == '\0' || strchr(at + 1, '@') != NULL ||
	    strlen(address) > 254)
		return false;
	for (const unsigned char *p = (const unsigned char *)address; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("<>(),;:\\\"[]", *p) != NULL)
			return false;
	return true;
}

/* Length of the longest prefix of at most MAIL_WORD bytes that ends between characters. */
static size_t
mail_word_len(const char *s)
{
	size_t	 n = strnlen(s, MAIL_WORD + 1);

	if (n <= MAIL_WORD)
		return n;
	n = MAIL_WORD;
	while (n > 1 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void
mail_encode_word(const char *text, struct buf *out)
{
	char	*clean = xstrdup(text);
	size_t	 n;

	for (char *p = clean; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	for (const char *p = clean; *p != '\0'; p += n) {
		n = mail_word_len(p);
		buf_addf(out, "%s=?UTF-8?B?", p == clean ? "" : "\r\n ");
		base64_add(out, p, n);
		buf_addstr(out, "?=");
	}
	free(clean);
}

static void
mail_base64(const void *p, size_t len, struct buf *out)
{
	struct buf	 coded;

	buf_init(&coded, 2 * MAIL_BODY_MAX);
	base64_add(&coded, p, len);
	for (size_t i = 0; i < coded.len; i += MAIL_LINE) {
		buf_add(out, coded.p + i, coded.len - i < MAIL_LINE ? coded.len - i : MAIL_LINE);
		buf_addstr(out, "\r\n");
	}
	buf_free(&coded);
}

/* base64 in lines, the lines of the text ending in CRLF as mail wants them. */
static void
mail_body(const char *type, const char *text, struct buf *out)
{
	struct buf	 plain;

	buf_init(&plain, MAIL_BODY_MAX);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\n' && (p == text || p[-1] != '\r'))
			buf_addch(&plain, '\r');
		buf_addch(&plain, *p);
	}
	buf_addf(out, "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n", type);
	mail_base64(plain.p, plain.len, out);
	buf_free(&plain);
}

/* The name twice: RFC 2047 as most mail programs want it, and RFC 2231. */
static void
mail_attachment(const struct mail *m, struct buf *out)
{
	buf_addf(out, "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=\"", m->file_type);
	mail_encode_word(m->file_name, out);
	buf_addstr(out, "\";\r\n filename*=UTF-8''");
	for (const unsigned char *p = (const unsigned char *)m->file_name; *p != '\0'; p++)
		if ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= 'a' && *p <= 'z') || strchr("-._", *p) != NULL)
			buf_addch(out, (char)*p);
		else
			buf_addf(out, "%%%02X", *p);
	buf_addstr(out, "\r\n\r\n");
	mail_base64(m->file, m->file_len, out);
}

static void
mail_parts(const struct mail *m, struct buf *out)
{
	if (m->html == NULL) {
		mail_body("text/plain", m->text, out);
		return;
	}
	buf_addf(out, "Content-Type: multipart/alternative; boundary=\"b-%s\"\r\n\r\n--b-%s\r\n",
	    m->id, m->id);
	mail_body("text/plain", m->text, out);
	buf_addf(out, "--b-%s\r\n", m->id);
	mail_body("text/html", m->html, out);
	buf_addf(out, "--b-%s--\r\n", m->id);
}

static void
mail_date(int64_t ms, struct buf *out)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t		 t = (time_t)((ms + 8 * CLOCK_HOUR) / CLOCK_SECOND);
	struct tm	 tm;

	gmtime_r(&t, &tm);
	buf_addf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0800\r\n", days[tm.tm_wday],
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void
mail_head(const struct mail *m, const char *from, const char *from_name, struct buf *out)
{
	mail_date(m->created, out);
	buf_addstr(out, "From: ");
	if (from_name[0] != '\0') {
		mail_encode_word(from_name, out);
		buf_addch(out, ' ');
	}
	buf_addf(out, "<%s>\r\nTo: <%s>\r\nSubject: ", from, m->to);
	mail_encode_word(m->subject, out);
	buf_addf(out, "\r\nMessage-ID: <%s@%s>\r\nMIME-Version: 1.0\r\n", m->id,
	    strchr(from, '@') + 1);
}

int
mail_compose(const struct mail *m, const char *from, const char *from_name, struct buf *out,
    struct err *err)
{
	if (!mail_address_is_plain(m->to) || !mail_address_is_plain(from))
		return err_set(err, ERR_INPUT, "not a mail address: %.60s or %.60s", m->to,
		    from);
	if (strlen(m->text) > MAIL_BODY_MAX / 2 ||
	    (m->html != NULL && strlen(m->html) > MAIL_BODY_MAX / 2))
		return err_set(err, ERR_INPUT, "the mail is too long");
	if (m->file_name != NULL && m->file_len > MAIL_FILE)
		return err_set(err, ERR_INPUT, "the attachment is too long");
	mail_head(m, from, from_name, out);
	if (m->file_name == NULL) {
		mail_parts(m, out);
		return buf_check(out, err);
	}
	buf_addf(out, "Content-Type: multipart/mixed; boundary=\"m-%s\"\r\n\r\n--m-%s\r\n", m->id,
	    m->id);
	mail_parts(m, out);
	buf_addf(out, "--m-%s\r\n", m->id);
	mail_attachment(m, out);
	buf_addf(out, "--m-%s--\r\n", m->id);
	return buf_check(out, err);
}
