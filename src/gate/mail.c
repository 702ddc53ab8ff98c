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

/* base64 in lines, the lines of the text ending in CRLF as mail wants them. */
static void
mail_body(const char *type, const char *text, struct buf *out)
{
	struct buf	 plain, coded;

	buf_init(&plain, MAIL_BODY_MAX);
	buf_init(&coded, 2 * MAIL_BODY_MAX);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\n' && (p == text || p[-1] != '\r'))
			buf_addch(&plain, '\r');
		buf_addch(&plain, *p);
	}
	base64_add(&coded, plain.p, plain.len);
	buf_addf(out, "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n", type);
	for (size_t i = 0; i < coded.len; i += MAIL_LINE) {
		buf_add(out, coded.p + i, coded.len - i < MAIL_LINE ? coded.len - i : MAIL_LINE);
		buf_addstr(out, "\r\n");
	}
	buf_free(&plain);
	buf_free(&coded);
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
	mail_head(m, from, from_name, out);
	if (m->html == NULL) {
		mail_body("text/plain", m->text, out);
	} else {
		buf_addf(out, "Content-Type: multipart/alternative; boundary=\"b-%s\"\r\n\r\n"
		    "--b-%s\r\n", m->id, m->id);
		mail_body("text/plain", m->text, out);
		buf_addf(out, "--b-%s\r\n", m->id);
		mail_body("text/html", m->html, out);
		buf_addf(out, "--b-%s--\r\n", m->id);
	}
	return buf_check(out, err);
}
