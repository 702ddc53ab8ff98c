#include "base/base.h"
#include "web/guard.h"

#include "base/network.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/session.h"
#include "http/cookie.h"
#include "web/rate.h"

#define RATE_USUAL	240		/* posts a minute from one address to one page */
#define VISITOR_LEN	32
#define AGENT_MAX	200

bool
guard_may(enum need need, const struct who *who)
{
	switch (need) {
	case NEED_NOBODY:
	case NEED_TOKEN:
	case NEED_MACHINE:
		return true;
	case NEED_ACCOUNT:
		return who->account != 0;
	case NEED_STAFF:
		return who->staff != 0;
	case NEED_REVIEWER:
		return who->staff != 0 && (who->roles & ROLE_REVIEWER) != 0;
	case NEED_MAKER:
		return who->staff != 0 && (who->roles & ROLE_MAKER) != 0;
	case NEED_FINANCE:
		return who->staff != 0 && (who->roles & ROLE_FINANCE) != 0;
	case NEED_ADMIN:
		return who->staff != 0 && (who->roles & ROLE_ADMIN) != 0;
	case NEED__MAX:
		break;
	}
	BUG("need %d", (int)need);
}

bool
guard_is_staff(enum need need)
{
	return need == NEED_STAFF || need == NEED_REVIEWER || need == NEED_MAKER ||
	    need == NEED_FINANCE || need == NEED_ADMIN;
}

bool
guard_wants_csrf(enum need need)
{
	return need != NEED_MACHINE;
}

bool
guard_is_desk(const struct page *p)
{
	return p != NULL && str_has_prefix(p->path, "/staff");
}

static bool
is_token(const char *s, size_t len)
{
	return s != NULL && strlen(s) == len && strspn(s, "0123456789abcdef") == len;
}

/* Somebody not signed in: a cookie of their own, to which the CSRF token belongs. */
static void
guard_visitor(struct call *c)
{
	const char	*cookie = http_cookie(c->req, COOKIE_VISITOR);
	unsigned char	 raw[VISITOR_LEN / 2];
	char		 fresh[VISITOR_LEN + 1];

	if (!is_token(cookie, VISITOR_LEN)) {
		rand_bytes(raw, sizeof(raw));
		hex_encode(raw, sizeof(raw), fresh);
		cookie = arena_strdup(c->arena, fresh);
		http_set_cookie(c->res, COOKIE_VISITOR, cookie, -1);
	}
	hall_csrf(c->hall, cookie, c->csrf);
}

int
guard_who(struct call *c, struct err *err)
{
	bool		 staff = guard_is_desk(c->page);
	const char	*token = http_cookie(c->req, staff ? COOKIE_STAFF : COOKIE_SESSION);
	const char	*agent = http_header(c->req, "user-agent");
	struct err	 why = {0};

	c->who = (struct who){.address = c->req->peer, .agent = agent == NULL ? NULL :
	    arena_strndup(c->arena, agent, strnlen(agent, AGENT_MAX))};
	if (c->page != NULL && c->page->need == NEED_MACHINE)
		return 0;
	if (is_token(token, SESSION_TOKEN - 1)) {
		if (session_load(c->hall, token, staff ? SESSION_STAFF : SESSION_ACCOUNT,
		    &c->session, &why) == 0)
			c->token = token;
		else if (why.kind != ERR_EXPIRED) {
			*err = why;
			return -1;
		}
	}
	if (c->token == NULL) {
		guard_visitor(c);
		return 0;
	}
	if (staff)
		c->who.staff = c->session.owner;
	else
		c->who.account = c->session.owner;
	c->who.roles = staff ? c->session.roles : 0;
	c->who.key = c->session.serial;
	(void)snprintf(c->csrf, sizeof(c->csrf), "%s", c->session.csrf);
	return 0;
}

int
guard_permission(const struct call *c, struct err *err)
{
	if (guard_may(c->page->need, &c->who))
		return 0;
	if (c->who.account == 0 && c->who.staff == 0)
		return err_set(err, ERR_EXPIRED, "请先登录后再继续。");
	return err_set(err, ERR_DENIED, "您的岗位没有这项权限，请联系管理员。");
}

int
guard_csrf(const struct call *c, struct err *err)
{
	const char	*token = http_header(c->req, "x-csrf-token");

	if (token == NULL)
		token = js_str(c->in, "csrf");
	if (secret_equal(token, strlen(token), c->csrf, strlen(c->csrf)))
		return 0;
	return err_set(err, ERR_DENIED, "页面已过期，请刷新页面后重新提交。");
}

int
guard_rate(const struct call *c, struct err *err)
{
	int	most = c->page->per_minute == 0 ? RATE_USUAL : c->page->per_minute;
	char	from[NETWORK_TEXT];

	if (rate_take(c->page->name, network_of(c->req->peer, from), most))
		return 0;
	return err_set(err, ERR_LIMIT, "操作过于频繁，请过一分钟再试。");
}
