#ifndef GATE_BILL_H
#define GATE_BILL_H
#include "base/buf.h"
#include "gate/fact.h"
/*
 * The bill of a day, as a payment channel gives it the day after: one row a payment or refund
 * that went through.  Bounded: BILL_ROWS rows, BILL_BYTES bytes of file.
 */
#define BILL_ROWS	200000
#define BILL_BYTES	(64 * 1024 * 1024)

struct bill {
	struct bill_row	*row;
	size_t		 n, cap;
};
void		bill_free(struct bill *b);		/* of a zeroed struct: no-op */
NODISCARD int	bill_add(struct bill *b, const struct bill_row *row, struct err *err);

/* How a channel calls its columns. */
struct bill_columns {
	const char	*trade_no, *channel_trade_no, *refund_no;	/* header texts */
	const char	*kind;		/* column that tells payment from refund … */
	const char	*payment, *refund;	/* … by these values; others are passed over */
	const char	*paid, *refunded;	/* yuan; a refund's sign does not matter */
};
/*
 * Read the CSV text (UTF-8): the header is the first line with all these columns; # lines and
 * what follows a line of another width (totals) are passed over.  Cells may be quoted, led by a
 * backquote (WeChat) or padded with tabs (Alipay).  ERR_INPUT names the line that is wrong.
 */
NODISCARD int	bill_read_csv(const char *text, size_t len, const struct bill_columns *columns,
		    struct bill *out, struct err *err);

/* The file inside the zip whose name has no 汇总 in it, from GB18030 to UTF-8; bounded. */
NODISCARD int	bill_unzip(const void *zip, size_t len, struct buf *text, struct err *err);

#endif
