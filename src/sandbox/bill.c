#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/str.h"

#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>

/*
 * The bill of a day as each vendor lays it out: every payment and refund of that day, in yuan.
 * Faults of <channel>.bill: "drop" leaves out the first row, "amount" changes its amount,
 * "extra" adds one that the hall knows nothing of.
 */

struct day_row {
	json_t		*trade, *refund;	/* refund NULL: the payment */
	int64_t		 fen;
	const char	*no;			/* ours */
};

static void
bill_row(const char *channel, const struct day_row *row, struct buf *out)
{
	bool		 alipay = strcmp(channel, "alipay") == 0;
	const char	*refund_no = row->refund == NULL ? "" : js_str(row->refund, "no");
	int64_t		 at = row->refund == NULL ? js_int(row->trade, "paid_at", clock_now()) :
	    js_int(row->refund, "at", 0);
	char		 yuan[32], time[CLOCK_TEXT];

	fen_text(row->fen, yuan);
	clock_datetime(at, time);
	if (alipay)
		buf_addf(out, "%s\t,%s\t,%s,%s,%s,%s,,,,,san***@sandbox.example,%s%s,%s%s,0.00,0.00,"
		    "0.00,0.00,0.00,,0.00,0.00,%s,0.00,0.00,\n", js_str(row->trade, "channel_no"),
		    row->no, row->refund == NULL ? "交易" : "退款",
		    js_str(row->trade, "subject"), time, time, row->refund == NULL ? "" : "-", yuan,
		    row->refund == NULL ? "" : "-", yuan, refund_no);
	else
		buf_addf(out, "`%s,`wx1,`1900000001,`0,`,`%s,`%s,`o1,`NATIVE,`%s,`OTHERS,`CNY,`%s,"
		    "`0.00,`%s,`%s,`%s,`0.00,`%s,`%s,`%s,`,`0.00000,`0.60%%,`%s,`%s,`\r\n", time,
		    js_str(row->trade, "channel_no"), row->no, row->refund == NULL ? "SUCCESS" :
		    "REFUND", row->refund == NULL ? yuan : "0.00", row->refund == NULL ? "0" :
		    js_str(row->refund, "channel_no"), row->refund == NULL ? "0" : refund_no,
		    row->refund == NULL ? "0.00" : yuan, row->refund == NULL ? "" : "ORIGINAL",
		    row->refund == NULL ? "" : "SUCCESS", js_str(row->trade, "subject"),
		    row->refund == NULL ? yuan : "0.00", row->refund == NULL ? "0.00" : yuan);
}

static void
bill_head(const char *channel, const char *date, struct buf *out)
{
	if (strcmp(channel, "alipay") == 0)
		buf_addf(out, "#支付宝业务明细查询\n#账号：[20880000000000010156]\n#起始日期：[%s "
		    "00:00:00]\n#-----------------------------------------业务明细列表---\n"
		    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,"
		    "终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,"
		    "商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
		    "退款批次号/请求号,服务费（元）,分润（元）,备注\n", date);
	else
		buf_addstr(out, "\xef\xbb\xbf交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,"
		    "用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,"
		    "商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,"
		    "订单金额,申请退款金额,费率备注\r\n");
}

static void
bill_tail(const char *channel, size_t n, struct buf *out)
{
	if (strcmp(channel, "alipay") == 0)
		buf_addf(out, "#-----------------------------------------业务明细列表结束---\n"
		    "#业务明细合计：%zu 笔\n", n);
	else
		buf_addf(out, "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,"
		    "申请退款总金额\r\n`%zu,`0.00,`0.00,`0.00,`0.00,`0.00,`0.00\r\n", n);
}

static void
bill_add_row(const char *channel, struct day_row row, size_t *n, struct buf *out)
{
	char	 api[32];

	snprintf(api, sizeof(api), "%s.bill", channel);
	(*n)++;
	if (sb_fault(api, "drop", NULL))
		return;
	if (sb_fault(api, "amount", NULL))
		row.fen -= 1;
	bill_row(channel, &row, out);
}

static void
bill_rows(const char *channel, int64_t from, int64_t to, size_t *n, struct buf *out)
{
	const char	*key;
	json_t		*t;
	int64_t		 at;

	json_object_foreach(sb_map("trades"), key, t) {
		at = js_int(t, "paid_at", 0);
		if (strcmp(js_str(t, "channel"), channel) == 0 && at >= from && at < to)
			bill_add_row(channel, (struct day_row){t, NULL,
			    js_int(t, "paid_fen", 0), js_str(t, "no")}, n, out);
	}
	json_object_foreach(sb_map("refunds"), key, t) {
		at = js_int(t, "at", 0);
		if (strcmp(js_str(t, "channel"), channel) == 0 && at >= from && at < to)
			bill_add_row(channel, (struct day_row){sb_trade(channel,
			    js_str(t, "trade_no")), t, js_int(t, "fen", 0),
			    js_str(t, "trade_no")}, n, out);
	}
}

int
sb_bill_csv(const char *channel, const char *date, struct buf *out, struct err *err)
{
	char	 api[32];
	int64_t	 from, to;
	size_t	 n = 0;

	snprintf(api, sizeof(api), "%s.bill", channel);
	if (clock_parse_date(date, &from) < 0)
		return err_set(err, ERR_INPUT, "no day");
	to = from + CLOCK_DAY;
	if (to > clock_now() && !sb_fault(api, "today", NULL))
		return err_set(err, ERR_INPUT, "the day is not over");
	bill_head(channel, date, out);
	bill_rows(channel, from, to, &n, out);
	if (sb_fault(api, "extra", NULL)) {
		json_t	*t = json_pack("{s:s,s:s,s:I}", "channel_no", "999999999999999999",
		    "subject", "别处的收款", "paid_at", (json_int_t)from + 1000);

		bill_row(channel, &(struct day_row){t, NULL, 12345, "ELSEWHERE0001"}, out);
		json_decref(t);
		n++;
	}
	bill_tail(channel, n, out);
	return n == 0 ? err_set(err, ERR_NOT_FOUND, "no business on that day") : 0;
}

static void
bill_to_gbk(const struct buf *in, struct buf *out)
{
	iconv_t	 cd = iconv_open("GB18030", "UTF-8");
	char	*from = in->p, *room = xmalloc(in->len * 2 + 16), *to = room;
	size_t	 left = in->len, space = in->len * 2 + 16;

	if (cd == (iconv_t)-1 || iconv(cd, &from, &left, &to, &space) == (size_t)-1)
		BUG("no conversion to GB18030");
	buf_add(out, room, (size_t)(to - room));
	iconv_close(cd);
	free(room);
}

static void
zip_add(struct archive *a, const char *name, const struct buf *content)
{
	struct archive_entry	*e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_size(e, (la_int64_t)content->len);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	if (archive_write_header(a, e) != ARCHIVE_OK ||
	    archive_write_data(a, content->p, content->len) < 0)
		BUG("zip: %s", archive_error_string(a));
	archive_entry_free(e);
}

void
sb_bill_zip(const struct buf *csv, const char *date, struct buf *out)
{
	struct archive	*a = archive_write_new();
	struct buf	 gbk, names, total;
	size_t		 used = 0;
	char		 utf8[160], *room;

	buf_init(&gbk, SB_BILL_MAX);
	buf_init(&names, 512);
	buf_init(&total, 64);
	bill_to_gbk(csv, &gbk);
	buf_addstr(&total, "#total\n");
	room = xmalloc(gbk.len + 8192);
	archive_write_set_format_zip(a);
	archive_write_open_memory(a, room, gbk.len + 8192, &used);
	for (int summary = 1; summary >= 0; summary--) {
		struct buf	 name;

		buf_init(&name, 256);
		snprintf(utf8, sizeof(utf8), "2088_%s_业务明细%s.csv", date,
		    summary ? "(汇总)" : "");
		buf_clear(&names);
		buf_addstr(&name, utf8);
		bill_to_gbk(&name, &names);
		zip_add(a, names.p, summary ? &total : &gbk);
		buf_free(&name);
	}
	archive_write_close(a);
	archive_write_free(a);
	buf_add(out, room, used);
	free(room);
	buf_free(&total);
	buf_free(&names);
	buf_free(&gbk);
}
