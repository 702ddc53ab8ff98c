/* Bills come from the payment channels: as text, and inside a zip file. */
#include "base/base.h"
#include "gate/bill.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static const struct bill_columns	columns = {
	.trade_no = "no", .channel_trade_no = "ch", .refund_no = "re", .kind = "k",
	.payment = "P", .refund = "R", .paid = "a", .refunded = "b",
};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct bill	 bill = {0};
	struct err	 err = {0};
	struct buf	 text;

	buf_init(&text, BILL_BYTES);
	if (len > 1 && p[0] == 'Z') {
		if (bill_unzip(p + 1, len - 1, &text, &err) < 0)
			assert(err.text[0] != '\0');
	} else if (bill_read_csv((const char *)p, len, &columns, &bill, &err) == 0) {
		for (size_t i = 0; i < bill.n; i++)
			assert(bill.row[i].trade_no[0] != '\0' && bill.row[i].fen >= 0);
	}
	bill_free(&bill);
	buf_free(&text);
	return 0;
}
