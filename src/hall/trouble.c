#include "base/base.h"
#include "hall/trouble.h"

#include "base/str.h"
#include "gate/gate.h"
#include "hall/act.h"
#include "hall/hall_own.h"
#include "hall/journal.h"

/* How each kind is called, and what to do when it did not go. */
static const struct kind_row {
	const char	*kind, *text, *advice;
} kind_rows[] = {
	{ "sms", "短信", "核对手机号；可重发，或电话通知申请人。" },
	{ "mail", "邮件", "核对邮箱地址和邮件服务器设置后重发，或电话通知申请人。" },
	{ "pay.create", "生成付款码", "申请人重新点击支付即可；反复出现时检查支付渠道的设置。" },
	{ "pay.query", "查询支付结果", "可重发；每日对账也会核对这笔款。" },
	{ "pay.close", "关闭交易", "可重发；已付的款会按规则入账或退回。" },
	{ "pay.refund", "退款", "先在支付渠道的商户后台查看这笔退款；没有退成的，排除原因后重发。" },
	{ "pay.refund_query", "查询退款结果", "可重发；也可在商户后台查看。" },
	{ "pay.bill", "取对账单", "可重发，或在“对账”页面重新取这一天的账单。" },
	{ "ident.mobile3", "手机号实名核验", "申请人可重新核验；反复出现时检查核验服务的设置和余额。" },
	{ "ident.card4", "银行卡核验", "申请人可重新认证；反复出现时检查核验服务的设置和余额。" },
	{ "ident.company", "工商登记核验", "申请人可重新认证；反复出现时检查核验服务的设置和余额。" },
	{ "bank.pay", "银行打款", "不会再自动汇出；请在“打款”页面向银行查询这一笔，查明后再处理。" },
	{ "bank.query", "查询打款结果", "可重发；每日核对银行明细也会查明这一笔。" },
	{ "bank.statement", "取银行明细", "可重发，或在“对账”页面重新取这一天的明细。" },
	{ "ident.face_init", "发起人脸识别", "申请人可重新扫码；反复出现时检查核验服务的设置和余额。" },
	{ "ident.face_query", "查询人脸识别结果", "申请人可重新扫码。" },
	{ "invoice.issue", "开具发票", "在“发票”页面核对抬头后重新提交；反复出现时检查开票平台的设置。" },
	{ "invoice.query", "查询发票", "登录电子税务局查看这张发票；办税人员的登录失效时先重新认证，再重发。" },
	{ "invoice.reverse", "红冲发票", "登录电子税务局查看；已经抵扣的发票须由购买方确认。" },
	{ "invoice.file", "取发票文件", "可重发；也可从电子税务局下载后发给申请人。" },
	{ "express.order", "快递下单", "核对收货地址后在“制证与寄送”重新下单，或手工填写运单号。" },
	{ "express.cancel", "取消快递单", "已揽收的不能取消，请联系快递公司。" },
	{ "express.route", "查询快递", "系统会自动再查；也可在快递公司网站查询。" },
	{ "webhook", "通知应用系统", "请对方检查接收地址后重发；密钥已更换的，在“应用系统”页面重发。" },
	{ "platform.discover", "查询登录平台", "系统会自动再查；反复出现时检查平台的地址。" },
	{ "platform.code", "平台登录", "用户可重新进入；反复出现时核对平台给的客户端密钥。" },
	{ "", "其他", "请联系技术人员。" },
};

static const struct kind_row *
trouble_kind(const char *kind)
{
	size_t	i = 0;

	for (i = 0; i + 1 < ARRAY_LEN(kind_rows); i++)
		if (strcmp(kind_rows[i].kind, kind) == 0)
			break;
	return &kind_rows[i];
}

static const char *
trouble_state_text(const char *state)
{
	if (strcmp(state, "failed") == 0)
		return "对方拒绝";
	return strcmp(state, "unknown") == 0 ? "结果不明" : "多次未送达";
}

static int
trouble_list_run(struct db *db, struct act *a, struct err *err)
{
	json_t	*list = NULL, *row = NULL;
	size_t	 i = 0;

	if (outbox_troubles(db, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, row) {
		const struct kind_row	*k = trouble_kind(js_str(row, "kind"));

		js_set_str(row, "kind_text", k->text);
		js_set_str(row, "advice", k->advice);
		js_set_str(row, "state_text", trouble_state_text(js_str(row, "state")));
	}
	a->model = json_pack("{s:b, s:o}", "has_rows", json_array_size(list) > 0, "rows", list);
	return 0;
}

int
trouble_list(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = { .h = h, .who = who };

	if (!who->system && hall_need_role(who, ROLE_ADMIN, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, trouble_list_run, err), model);
}

/* a->number: take it up again; 0: drop it. */
static int
trouble_change_run(struct db *db, struct act *a, struct err *err)
{
	bool	 retry = a->number != 0;
	int64_t	 no = 0;
	int	 rc = -1;

	if (str_to_i64(a->name, INT64_MAX, &no) < 0)
		return err_set(err, ERR_NOT_FOUND, "没有这一条，请刷新页面。");
	rc = retry ? outbox_retry(db, hall_seal(a->h), no, err) : outbox_drop(db, no, err);
	if (rc < 0)
		return err->kind != ERR_NOT_FOUND ? -1 :
		    err_set(err, ERR_NOT_FOUND, "没有这一条，请刷新页面。");
	if (retry)
		hall_want_poke(a->h);
	return hall_journal_add(db, a->who, retry ? "outbox_retry" : "outbox_drop", a->name, NULL,
	    err);
}

static int
trouble_change(struct hall *h, const struct who *who, const char *no, bool retry,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = no, .number = retry };

	if (!who->system && hall_need_role(who, ROLE_ADMIN, err) < 0)
		return -1;
	return act_write(&a, trouble_change_run, err);
}

int
trouble_retry(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	return trouble_change(h, who, no, true, err);
}

int
trouble_drop(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	return trouble_change(h, who, no, false, err);
}
