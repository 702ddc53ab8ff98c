#include "base/base.h"
#include "gate/bill.h"
#include "gate/wire.h"

#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>

#define BILL_CELLS	64

void
bill_free(struct bill *b)
{
	free(b->row);
	*b = (struct bill){0};
}

int
bill_add(struct bill *b, const struct bill_row *row, struct err *err)
{
	if (b->n == BILL_ROWS)
		return err_set(err, ERR_LIMIT, "a bill of more than %d rows", BILL_ROWS);
	if (b->n == b->cap) {
		b->cap = b->cap == 0 ? 256 : b->cap * 2;
		b->row = xrealloc(b->row, b->cap * sizeof(*b->row));
	}
	b->row[b->n++] = *row;
	return 0;
}

/* ---- CSV ---- */

struct cells {
	char	*cell[BILL_CELLS];
	size_t	 n;
};

/* Without padding and the marks that keep spreadsheets from reading numbers. */
static char *
cell_bare(char *s)
{
	size_t	 n;

	s += strspn(s, " \t`");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r", s[n - 1]) != NULL)
		s[--n] = '\0';
	if (n >= 2 && s[0] == '"' && s[n - 1] == '"') {
		s[n - 1] = '\0';
		return cell_bare(s + 1);
	}
	return s;
}

/* Where the cell ends: at a comma, that is followed by a backquote in a line of such cells. */
static char *
cell_end(char *s, bool marked)
{
	bool	 quoted = *s == '"';

	for (char *p = s + quoted; *p != '\0'; p++) {
		if (quoted && *p == '"')
			quoted = false;
		else if (!quoted && *p == ',' && (!marked || p[1] == '`'))
			return p;
	}
	return s + strlen(s);
}

static void
cells_split(char *line, struct cells *c)
{
	bool	 marked = line[0] == '`';
	char	*end;

	c->n = 0;
	for (char *p = line; c->n < BILL_CELLS; p = end + 1) {
		bool	 last;

		end = cell_end(p, marked);
		last = *end == '\0';
		*end = '\0';
		c->cell[c->n++] = cell_bare(p);
		if (last)
			return;
	}
}

/* Places of the columns in the header; width 0: not found yet. */
struct header {
	size_t	 trade_no, channel_trade_no, refund_no, kind, paid, refunded, width;
};

static bool
header_find(const struct cells *c, const char *name, size_t *at)
{
	for (*at = 0; *at < c->n; (*at)++)
		if (strcmp(c->cell[*at], name) == 0)
			return true;
	return false;
}

static void
header_read(const struct cells *c, const struct bill_columns *k, struct header *h)
{
	if (header_find(c, k->trade_no, &h->trade_no) &&
	    header_find(c, k->channel_trade_no, &h->channel_trade_no) &&
	    header_find(c, k->refund_no, &h->refund_no) && header_find(c, k->kind, &h->kind) &&
	    header_find(c, k->paid, &h->paid) && header_find(c, k->refunded, &h->refunded))
		h->width = c->n;
}

/* "340.00" or "-340.00". */
static int
cell_fen(const char *yuan, int64_t *fen)
{
	return wire_fen(yuan + (yuan[0] == '-'), fen);
}

static int
bill_read_row(const struct cells *c, const struct bill_columns *k, const struct header *h,
    struct bill *out, int line, struct err *err)
{
	bool		 refund = strcmp(c->cell[h->kind], k->refund) == 0;
	struct bill_row	 row = {.fen = 0};

	if (!refund && strcmp(c->cell[h->kind], k->payment) != 0)
		return 0;
	snprintf(row.trade_no, sizeof(row.trade_no), "%s", c->cell[h->trade_no]);
	snprintf(row.channel_trade_no, sizeof(row.channel_trade_no), "%s",
	    c->cell[h->channel_trade_no]);
	if (refund)
		snprintf(row.refund_no, sizeof(row.refund_no), "%s", c->cell[h->refund_no]);
	if (row.trade_no[0] == '\0' || (refund && row.refund_no[0] == '\0') ||
	    cell_fen(c->cell[refund ? h->refunded : h->paid], &row.fen) < 0)
		return err_set(err, ERR_INPUT, "the bill's line %d lacks a number or an amount",
		    line);
	return bill_add(out, &row, err);
}

int
bill_read_csv(const char *text, size_t len, const struct bill_columns *columns,
    struct bill *out, struct err *err)
{
	char		*copy = strndup(text, len), *next, *line = copy;
	struct header	 h = {0};
	struct cells	 c;
	int		 rc = 0, number = 0;

	if (copy == NULL)
		BUG("out of memory");
	if (strncmp(line, "\xef\xbb\xbf", 3) == 0)
		line += 3;
	for (; rc == 0 && line != NULL && *line != '\0'; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		number++;
		if (line[0] == '#' || line[strspn(line, " \t\r")] == '\0')
			continue;
		cells_split(line, &c);
		if (h.width == 0)
			header_read(&c, columns, &h);
		else if (c.n != h.width)
			break;			/* totals */
		else
			rc = bill_read_row(&c, columns, &h, out, number, err);
	}
	if (rc == 0 && h.width == 0)
		rc = err_set(err, ERR_INPUT, "the bill lacks its header line");
	free(copy);
	return rc;
}

/* ---- zip ---- */

static int
bill_to_utf8(const struct buf *in, struct buf *out, struct err *err)
{
	iconv_t	 cd = iconv_open("UTF-8", "GB18030");
	char	*from = in->p, *room = xmalloc(in->len * 3 + 16), *to = room;
	size_t	 left = in->len, space = in->len * 3 + 16;
	int	 rc = -1;

	if (cd == (iconv_t)-1)
		err_errno(err, ERR_BUG, "no conversion from GB18030");
	else if (iconv(cd, &from, &left, &to, &space) == (size_t)-1)
		err_set(err, ERR_INPUT, "the bill is not in GB18030");
	else {
		buf_add(out, room, (size_t)(to - room));
		rc = buf_check(out, err);
	}
	if (cd != (iconv_t)-1)
		iconv_close(cd);
	free(room);
	return rc;
}

/* 汇总 (the totals of the day) in GBK or UTF-8; a name that cannot be read tells nothing. */
static bool
entry_is_summary(struct archive_entry *e)
{
	const char	*name = archive_entry_pathname(e);

	return name != NULL && name[0] != '\0' && (strstr(name, "\xbb\xe3\xd7\xdc") != NULL ||
	    strstr(name, "汇总") != NULL || name[strlen(name) - 1] == '/');
}

static int
bill_read_entry(struct archive *a, struct buf *out, struct err *err)
{
	char	 block[16384];
	ssize_t	 n;

	while ((n = archive_read_data(a, block, sizeof(block))) > 0)
		buf_add(out, block, (size_t)n);
	if (n < 0)
		return err_set(err, ERR_INPUT, "the bill's zip is broken: %.100s",
		    archive_error_string(a));
	return buf_check(out, err);
}

int
bill_unzip(const void *zip, size_t len, struct buf *text, struct err *err)
{
	struct archive		*a = archive_read_new();
	struct archive_entry	*e;
	struct buf		 raw;
	int			 rc = -1;

	buf_init(&raw, BILL_BYTES);
	if (a == NULL || archive_read_support_format_zip(a) != ARCHIVE_OK ||
	    archive_read_open_memory(a, zip, len) != ARCHIVE_OK) {
		err_set(err, ERR_INPUT, "the bill is no zip file");
		goto out;
	}
	while (archive_read_next_header(a, &e) >= ARCHIVE_WARN && raw.len == 0)
		if (!entry_is_summary(e) && bill_read_entry(a, &raw, err) < 0)
			goto out;
	if (raw.len == 0)
		err_set(err, ERR_INPUT, "the zip holds no bill");
	else
		rc = bill_to_utf8(&raw, text, err);
 out:
	archive_read_free(a);
	buf_free(&raw);
	return rc;
}
