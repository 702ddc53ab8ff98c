#include "base/base.h"
#include "hall/order/order.h"

#include "hall/ops.h"

static const struct { const char *name, *text; } order_states[ORDER__MAX] = {
#define STATE(id, name, text)	[id] = { name, text },
#include "hall/order/order_state.def"
};

static const struct order_move_row {
	enum order_event	 event;
	enum order_state	 from, to;
} order_moves[] = {
#define MOVE(event, from, to, sentence)	{ event, from, to },
#include "hall/order/order_state.def"
};

const char *
order_state_name(enum order_state s)
{
	return s < ORDER__MAX ? order_states[s].name : "";
}

const char *
order_state_text(enum order_state s)
{
	return s < ORDER__MAX ? order_states[s].text : "";
}

enum order_state
order_state_by_name(const char *name)
{
	size_t	i = 0;

	for (i = 0; i < ORDER__MAX; i++)
		if (strcmp(order_states[i].name, name) == 0)
			break;
	return (enum order_state)i;
}

enum order_state
order_next(enum order_state from, enum order_event event)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(order_moves); i++)
		if (order_moves[i].event == event && order_moves[i].from == from)
			return order_moves[i].to;
	return ORDER__MAX;
}

const char *
order_event_name(enum order_event event)
{
	static const char *const	names[EVENT__MAX] = {
		[EVENT_NONE] = "none", [EVENT_SUBMIT] = "submit",
		[EVENT_COMPLETE] = "complete",
		[EVENT_LACK] = "lack", [EVENT_REOPEN] = "reopen",
		[EVENT_RETURN] = "return", [EVENT_MEND] = "mend",
		[EVENT_APPROVE] = "approve", [EVENT_CLAIM] = "claim",
		[EVENT_UNCLAIM] = "unclaim", [EVENT_MADE] = "made",
		[EVENT_FETCH] = "fetch", [EVENT_INSTALLED] = "installed",
		[EVENT_SHIP] = "ship", [EVENT_HAND_OVER] = "hand_over",
		[EVENT_RECEIVED] = "received", [EVENT_CANCEL] = "cancel",
		[EVENT_CANCEL_PAID] = "cancel_paid", [EVENT_REFUNDED] = "refunded",
		[EVENT_PERMIT] = "permit", [EVENT_LAPSE] = "lapse",
		[EVENT_UNLOCKED] = "unlocked", [EVENT_FIRST_SIGN] = "first_sign",
		[EVENT_SECOND_SIGN] = "second_sign", [EVENT_DECLINE] = "decline",
		[EVENT_OUTDATE] = "outdate", [EVENT_REFUSE] = "refuse",
		[EVENT_EXPIRE] = "expire", [EVENT_RECOVERED] = "recovered",
		[EVENT_OWE] = "owe", [EVENT_SETTLE] = "settle",
	};

	return event < EVENT__MAX ? names[event] : "";
}

/* What stands before the note of an event where the note is a bare number. */
const char *
order_event_note(const char *what)
{
	static const struct { const char *name, *text; } notes[] = {
		{ "identity", "核验流水号 " }, { "paid", "交易号 " }, { "approve", "审核员证书 " },
		{ "permit", "审核员证书 " }, { "owe", "审核员证书 " }, { "certificates", "签名证书序列号 " },
		{ "seal", "印章编码 " },
		{ "certificate_frozen", "序列号 " }, { "certificate_released", "序列号 " },
		{ "certificate_revoked", "序列号 " }, { "blank", "运单号 " },
		{ "challenge", "UKey序列号 " }, { "unlock_answer", "UKey序列号 " },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(notes); i++)
		if (strcmp(notes[i].name, what) == 0)
			return notes[i].text;
	return "";
}

/* What an event or note is called in an order's history. */
const char *
order_event_text(const char *what)
{
	static const struct { const char *name, *text; } notes[] = {
		{ "create", "开始填写" }, { "copy", "类似申请" }, { "agree", "同意协议" },
		{ "handler", "更换经办人" }, { "agent_phone", "经办人手机更换" },
		{ "platform", "平台信息有变化，重新确认" },
		{ "consent", "授权采集" },
		{ "form", "填写申请信息" }, { "confirm", "确认领取方式" },
		{ "print", "打印受理表" }, { "material", "提交材料" },
		{ "material_delete", "删除材料" }, { "identity", "身份识别" },
		{ "identity_failed", "身份识别未通过" },
		{ "pay_start", "发起支付" }, { "voucher", "上传缴费凭证" },
		{ "certificate_frozen", "证书已冻结" }, { "certificate_released", "证书已恢复" },
		{ "certificate_revoked", "证书已撤销" }, { "old_revoked", "原证书已撤销" },
		{ "paid", "收到费用" }, { "pay_exception", "支付异常" },
		{ "refund", "发起退款" }, { "review_claim", "受理审核" },
		{ "certificates", "证书已签发" }, { "seal", "电子印章已制作" }, { "resend", "重发授权码" },
		{ "blank", "寄出空白UKey" }, { "unlock", "申请解锁" },
		{ "proof", "身份核验" }, { "proof_link", "发送验证邮件" }, { "challenge", "读取UKey" },
		{ "recover", "申请恢复密钥" }, { "recover_reason", "说明恢复原因" },
		{ "recover_given", "发出加密的密钥" },
		{ "parcel", "快递下单" }, { "parcel_ordered", "快递已下单" },
		{ "parcel_cancel", "取消快递单" }, { "parcel_signed", "快递已签收" },
		{ "invoice_request", "申请开票" }, { "invoice_issued", "发票已开具" },
		{ "invoice_failed", "发票没有开出" }, { "invoice_drop", "撤回开票申请" },
		{ "invoice_reverse", "申请红冲发票" }, { "invoice_reversed", "发票已红冲" },
		{ "unlock_answer", "发出解锁授权" }, { "activation", "短信发送激活PIN码" },
		{ "activation_remitted", "打款附言发送激活PIN码" }, { "remittance", "银行打款" },
		{ "proof_start", "开始身份认证" }, { "proof_failed", "身份认证未通过" },
		{ "pin_account", "登记PIN码接收账户" },
	};
	static const struct { enum order_event event; const char *text; } moves[] = {
#define MOVE(event, from, to, sentence)	{ event, sentence },
#include "hall/order/order_state.def"
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(notes); i++)
		if (strcmp(notes[i].name, what) == 0)
			return notes[i].text;
	for (i = 0; i < ARRAY_LEN(moves); i++)
		if (strcmp(order_event_name(moves[i].event), what) == 0)
			return moves[i].text;
	return op_by_name(what) != NULL ? op_text(what) : what;	/* begun */
}
