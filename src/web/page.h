#ifndef WEB_PAGE_H
#define WEB_PAGE_H
#include "hall/account/account.h"
#include "hall/form/form.h"
#include "hall/hall.h"
#include "http/multipart.h"
#include "http/server.h"
/*
 * A page is a row: `const struct page page_<name>` in pages/<noun>.c and PAGE(<name>) in
 * pages.def.  Before a handler runs, the row alone has decided: method, size of the body,
 * session, permission, CSRF token, rate, and the fields of the form.  A handler reads what
 * was checked, calls one function of the hall and fills the view model.
 *
 * One handler, two faces.  A browser gets the model rendered through the template;
 * `Accept: application/json` gets the model itself, with "title", "csrf" and "signed_in".
 * A post that held gives 303 to a browser and {"ok":true,"next":path,…} as JSON; one that
 * failed gives {"error":{"kind","text"},"errors":[{"field","label","text"}]} with the status
 * of its kind, or the page again with the sentences beside the fields and the values kept.
 * The token "csrf" travels as a field of the form or as X-CSRF-Token.
 */
enum need {
	NEED_NOBODY,		/* everybody; an applicant's session is known when there */
	NEED_ACCOUNT,		/* an applicant who signed in; the hall sees that it is his order */
	NEED_STAFF,		/* staff with any role */
	NEED_REVIEWER,
	NEED_MAKER,
	NEED_FINANCE,
	NEED_ADMIN,
	NEED_TOKEN,		/* whoever has the secret in path or form: phone, collection */
	NEED_MACHINE,		/* no session and no CSRF: providers prove themselves */
	NEED__MAX
};

/* Where a page is listed. */
enum menu {
	MENU_NONE,
	MENU_TOP,		/* the bar under the site's name */
	MENU_WORK,		/* user centre: 业务受理 */
	MENU_QUERY,		/* user centre: 证书申请查询 */
	MENU_SERVICE,		/* user centre: 证书服务 */
	MENU_ACCOUNT,		/* user centre: 账户 */
	MENU_STAFF,		/* staff desk */
	MENU__MAX
};

struct call;

struct page {
	const char	*name;		/* as in pages.def */
	const char	*path;		/* "/orders/{no}/steps/{step}": {x} is one segment */
	enum need	 need;
	const char	*title;		/* 申请确认; also in the breadcrumb and the menu */
	const char	*tmpl;		/* html/<tmpl>.html; NULL: show sends something itself */
	const char	*back;		/* path pattern of the page above: breadcrumb, "返回" */
	enum menu	 menu;
	const char	*arg;		/* for handlers that serve several rows */
	const struct field *form;	/* fields of show ("groups") and post; NULL: none, or the
					   hall's own for this order */
	int		 (*show)(struct call *c, struct err *err);	/* GET; NULL: post only */
	int		 (*post)(struct call *c, struct err *err);	/* NULL: not allowed */
	size_t		 body_max;	/* 0: LIMIT_HTTP_BODY */
	int		 per_minute;	/* posts, or gets of a row without post, from one
					   address; 0: 240 posts, any number of gets */
	bool		 phone;		/* a page made for the phone alone */
};
extern const struct page *const pages_all[];	/* ends with NULL */
/* NULL when there is none. */
const struct page	*page_by_name(const char *name);

/* One request on its way through a page. */
struct call {
	const struct page		*page;
	struct hall			*hall;		/* NULL in tests of templates */
	const struct http_request	*req;
	struct http_response		*res;
	struct arena			*arena;
	struct who			 who;
	struct session			 session;	/* valid when token != NULL */
	const char			*token;		/* session token, NULL: none */
	char				 csrf[CSRF_TEXT];
	const json_t			*params;	/* {no: …} of the path */
	const json_t			*query;		/* fields of the query */
	json_t				*in;		/* posted fields, normalised by form */
	const struct multipart_part	*file;		/* part "file" of an upload, NULL */
	json_t				*model;		/* what show fills; what a post answers */
	json_t				*got;		/* a model of the hall: call_take */
	json_t				*errors;	/* [{"field","label","text"}] */
	const char			*next;		/* where a post leads */
	const char			*flash;		/* sentence for the page it leads to */
	bool				 json;		/* the asker wants JSON */
	bool				 sent;		/* the answer is complete in res */
	bool				 bytes;		/* … and is a file, not a page of ours */
};

const char	*call_param(const struct call *c, const char *name);	/* of the path; "" */
const char	*call_query(const struct call *c, const char *name);	/* "" when missing */
const char	*call_in(const struct call *c, const char *name);	/* "" when missing */
/*
 * Put the members of c->got into the model; gives rc.
 *	return call_take(c, order_view(c->hall, &c->who, no, &c->got, err));
 */
int		call_take(struct call *c, int rc);
/* As c->model[key] = c->got. */
int		call_take_as(struct call *c, const char *key, int rc);
/* The post held: go to this path; flash (a literal, may be NULL) is shown there. Gives 0. */
int		call_next(struct call *c, const char *flash, const char *fmt, ...) PRINTF(3, 4);
/* From show, before a redirect: a sentence for the page it leads to (NULL: none). */
void		call_flash(struct call *c, const char *text);
/* Answer with these bytes; name: offered as a file of this name when not NULL. Gives 0. */
int		call_send(struct call *c, const char *type, const void *p, size_t len,
		    const char *name);
/* From show: go elsewhere instead (303). Gives 0. */
int		call_redirect(struct call *c, const char *fmt, ...) PRINTF(2, 3);
/* Start and end a session: sets or drops the cookie of this kind. */
void		call_set_session(struct call *c, enum session_kind kind, const char *token);
void		call_drop_session(struct call *c, enum session_kind kind);
/* {"size","path"} of a QR code, to be drawn by an SVG path; NULL when it does not fit. */
json_t		*qr_model(const char *text);
#endif
