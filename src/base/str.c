#include "base/base.h"
#include "base/str.h"

#include <ctype.h>
#include <openssl/crypto.h>

void
hex_encode(const void *p, size_t len, char *text)
{
	static const char	 digits[] = "0123456789abcdef";
	const unsigned char	*in = p;

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[in[i] >> 4];
		text[2 * i + 1] = digits[in[i] & 15];
	}
	text[2 * len] = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(const char *text, void *p, size_t len)
{
	unsigned char	*out = p;

	if (strlen(text) != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int	 hi = hex_value(text[2 * i]), lo = hex_value(text[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return -1;
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	return 0;
}

static void
base64_put(struct buf *b, const unsigned char *in, size_t len, const char *set, bool pad)
{
	for (size_t i = 0; i < len; i += 3) {
		uint32_t	 v = (uint32_t)in[i] << 16;
		size_t		 left = len - i;

		if (left > 1)
			v |= (uint32_t)in[i + 1] << 8;
		if (left > 2)
			v |= in[i + 2];
		buf_addch(b, set[v >> 18]);
		buf_addch(b, set[v >> 12 & 63]);
		if (left > 1)
			buf_addch(b, set[v >> 6 & 63]);
		else if (pad)
			buf_addch(b, '=');
		if (left > 2)
			buf_addch(b, set[v & 63]);
		else if (pad)
			buf_addch(b, '=');
	}
}

void
base64_add(struct buf *b, const void *p, size_t len)
{
	base64_put(b, p, len,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void
base64url_add(struct buf *b, const void *p, size_t len)
{
	base64_put(b, p, len,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
base64_decode(const char *text, size_t len, struct buf *b)
{
	if (len % 4 != 0)
		return -1;
	for (size_t i = 0; i < len; i += 4) {
		int	 v[4], pad = 0;
		char	 out[3];

		for (int k = 0; k < 4; k++) {
			v[k] = base64_value(text[i + (size_t)k]);
			if (text[i + (size_t)k] == '=' && k >= 2 && i + 4 == len) {
				v[k] = 0;
				pad++;
			} else if (v[k] < 0 || pad > 0) {
				return -1;
			}
		}
		if ((pad == 1 && (v[2] & 3) != 0) || (pad == 2 && (v[1] & 15) != 0))
			return -1;
		out[0] = (char)(v[0] << 2 | v[1] >> 4);
		out[1] = (char)(v[1] << 4 | v[2] >> 2);
		out[2] = (char)(v[2] << 6 | v[3]);
		buf_add(b, out, (size_t)(3 - pad));
	}
	return b->over ? -1 : 0;
}

int
base64url_decode(const char *text, size_t len, struct buf *b)
{
	struct buf	 plain;
	int		 rc = 0;

	buf_init(&plain, len + 4);
	for (size_t i = 0; i < len && rc == 0; i++) {
		if (strchr("+/=", text[i]) != NULL)		/* NUL too */
			rc = -1;
		buf_addch(&plain, text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
	}
	while (plain.len % 4 != 0)
		buf_addch(&plain, '=');
	if (rc == 0)
		rc = base64_decode(plain.p, plain.len, b);
	buf_free(&plain);
	return rc;
}

/* Length of the UTF-8 sequence at s, 0 when it is malformed (Unicode table 3-7). */
static size_t
utf8_step(const unsigned char *s, size_t len)
{
	unsigned char	 lo = 0x80, hi = 0xbf;
	size_t		 n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		lo = 0xa0;
	else if (s[0] == 0xed)
		hi = 0x9f;
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	if (len < n || s[1] < lo || s[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

void
utf8_mend(char *s)
{
	size_t	 len = strlen(s), to = 0, n;

	for (size_t i = 0; i < len; i += MAX(n, 1)) {
		n = utf8_step((const unsigned char *)s + i, len - i);
		memmove(s + to, s + i, n);
		to += n;
	}
	s[to] = '\0';
}

void
str_copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
	utf8_mend(to);
}

bool
utf8_is_valid(const char *s, size_t len)
{
	const unsigned char	*p = (const unsigned char *)s;

	for (size_t i = 0, n; i < len; i += n)
		if ((n = utf8_step(p + i, len - i)) == 0)
			return false;
	return true;
}

size_t
utf8_count(const char *s)
{
	size_t	 n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* In UTF-8: U+00AD, U+0080-9F, U+061C, U+200B-200F, U+2028-202E, U+2060-206F, U+FEFF. */
static bool
utf8_is_hidden(const unsigned char *s)
{
	if (s[0] < 0x20 || s[0] == 0x7f)
		return true;
	if (s[0] == 0xc2)
		return s[1] < 0xa0 || s[1] == 0xad;
	if (s[0] == 0xd8)
		return s[1] == 0x9c;
	if (s[0] == 0xe2 && s[1] == 0x80)
		return (s[2] >= 0x8b && s[2] <= 0x8f) || (s[2] >= 0xa8 && s[2] <= 0xae);
	if (s[0] == 0xe2 && s[1] == 0x81)
		return s[2] >= 0xa0 && s[2] <= 0xaf;
	return s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf;
}

bool
utf8_has_hidden(const char *s)
{
	for (; *s != '\0'; s++)
		if (utf8_is_hidden((const unsigned char *)s))
			return true;
	return false;
}

bool
secret_equal(const void *a, size_t alen, const void *b, size_t blen)
{
	return alen == blen && CRYPTO_memcmp(a, b, alen) == 0;
}

bool
str_has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_has_suffix(const char *s, const char *suffix)
{
	size_t	 len = strlen(s), n = strlen(suffix);

	return len >= n && strcmp(s + len - n, suffix) == 0;
}

bool
str_is_digits(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s < '0' || *s > '9')
			return false;
	return true;
}

static size_t
str_blank(const char *s)
{
	if (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n')
		return 1;
	return strncmp(s, "\xe3\x80\x80", 3) == 0 ? 3 : 0;
}

void
str_trim(char *s)
{
	size_t	 n, len;
	char	*p = s;

	while ((n = str_blank(p)) > 0)
		p += n;
	len = strlen(p);
	for (;;) {
		if (len >= 1 && str_blank(p + len - 1) == 1)
			len -= 1;
		else if (len >= 3 && str_blank(p + len - 3) == 3)
			len -= 3;
		else
			break;
	}
	memmove(s, p, len);
	s[len] = '\0';
}

void
str_fold(char *s)
{
	char	*out = s;

	while (*s != '\0') {
		const unsigned char	*u = (const unsigned char *)s;

		/* U+FF01..U+FF5E are EF BC 81 .. EF BD 9E: ASCII 0x21..0x7E */
		if (u[0] == 0xef && (u[1] == 0xbc || u[1] == 0xbd) && u[2] >= 0x80 &&
		    u[2] <= 0xbf) {
			unsigned int	 c = (unsigned int)(u[1] - 0xbc) * 0x40 +
			    (unsigned int)(u[2] - 0x80) + 0x20;

			if (c >= 0x21 && c <= 0x7e) {
				*out++ = (char)c;
				s += 3;
				continue;
			}
		}
		*out++ = *s++;
	}
	*out = '\0';
}

int
str_to_i64(const char *s, int64_t max, int64_t *value)
{
	int64_t	 v = 0;

	if (!str_is_digits(s))
		return -1;
	for (; *s != '\0'; s++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, *s - '0', &v) || v > max)
			return -1;
	*value = v;
	return 0;
}

const char *
fen_text(int64_t fen, char text[32])
{
	snprintf(text, 32, "%s%" PRId64 ".%02" PRId64, fen < 0 ? "-" : "",
	    (fen < 0 ? -fen : fen) / 100, (fen < 0 ? -fen : fen) % 100);
	return text;
}

/* Keep `head` and `tail` bytes of s and put stars between. */
static const char *
mask_middle(const char *s, size_t head, size_t tail, char text[MASK_TEXT])
{
	size_t	 len = strlen(s), n = 0;

	if (len <= head + tail)
		head = tail = 0;
	for (size_t i = 0; i < len && n < MASK_TEXT - 1; i++)
		text[n++] = i < head || i >= len - tail ? s[i] : '*';
	text[n] = '\0';
	return text;
}

const char *
mask_phone(const char *s, char text[MASK_TEXT])
{
	return mask_middle(s, 3, 4, text);
}

const char *
mask_idno(const char *s, char text[MASK_TEXT])
{
	return mask_middle(s, 4, 4, text);
}

const char *
mask_mail(const char *s, char text[MASK_TEXT])
{
	const char	*at = strchr(s, '@');

	if (at == NULL || at == s)
		return mask_middle(s, 0, 0, text);
	if (at - s == 1)
		snprintf(text, MASK_TEXT, "*%s", at);
	else
		snprintf(text, MASK_TEXT, "%c***%c%s", s[0], at[-1], at);
	return text;
}

const char *
mask_name(const char *s, char text[MASK_TEXT])
{
	size_t	 count = utf8_count(s), seen = 0, n = 0;

	for (; *s != '\0' && n < MASK_TEXT - 5; s++) {
		bool	 lead = ((unsigned char)*s & 0xc0) != 0x80;

		seen += lead;
		if (seen == 1 || (seen == count && count > 2))
			text[n++] = *s;
		else if (lead)
			text[n++] = '*';
	}
	text[n] = '\0';
	return text;
}

static bool
mask_is_mail_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-' || c == '+';
}

/* Length of a run of digits (with a last X) at s that is an ID or phone number; else 0. */
static size_t
mask_number_len(const char *s)
{
	size_t	 n = strspn(s, "0123456789");

	if (n == 17 && (s[n] == 'X' || s[n] == 'x'))
		return 18;
	if (n == 18 || n == 15 || (n == 11 && s[0] == '1'))
		return n;
	return 0;
}

/* Length of the mail address at s, 0 when there is none. */
static size_t
mask_mail_len(const char *s)
{
	size_t	 n = 0;

	while (mask_is_mail_char(s[n]))
		n++;
	if (n == 0 || s[n] != '@' || !mask_is_mail_char(s[n + 1]))
		return 0;
	for (n++; mask_is_mail_char(s[n]);)
		n++;
	return n;
}

void
mask_all(const char *s, struct buf *out)
{
	char	 text[MASK_TEXT], word[MASK_TEXT];
	size_t	 n;

	while (*s != '\0') {
		size_t	 run = strspn(s, "0123456789");

		if ((n = mask_mail_len(s)) > 0) {
			snprintf(word, sizeof(word), "%.*s", (int)n, s);
			buf_addstr(out, mask_mail(word, text));
		} else if ((n = mask_number_len(s)) > 0) {
			snprintf(word, sizeof(word), "%.*s", (int)n, s);
			buf_addstr(out, n == 11 ? mask_phone(word, text) :
			    mask_idno(word, text));
		} else {
			n = run > 0 ? run : 1;
			buf_add(out, s, n);
		}
		s += n;
	}
}
