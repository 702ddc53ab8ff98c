#include "base/base.h"
#include "hall/certificate/reminder.h"
#include "web/pages/common.h"

/* Where a reminder's link leads: what ends when, and the way in. */
static int
renewal_show(struct call *c, struct err *err)
{
	if (reminder_view(c->hall, &c->who, call_param(c, "token"), &c->got, err) < 0)
		return -1;
	if (js_bool(c->got, "mine") && !c->json)
		return call_redirect(c, "/certificates/%s#renew", js_str(c->got, "serial"));
	return call_take(c, 0);
}

extern const struct page	page_renewal;
const struct page		page_renewal = {
	.name = "renewal", .path = "/renewal/{token}", .need = NEED_NOBODY, .title = "证书更新",
	.tmpl = "renewal", .back = "/", .show = renewal_show, .per_minute = 30,
};
