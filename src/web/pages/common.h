#ifndef WEB_PAGES_COMMON_H
#define WEB_PAGES_COMMON_H
#include "hall/order/order.h"
#include "web/page.h"
/* What several pages share. */

/* "captcha_id": a fresh one, and "captcha_error". */
void	page_captcha(struct call *c);
/* Nothing but the frame. */
int	page_plain(struct call *c, struct err *err);
/* A path of ours to go to after signing in: `next` when it is one, else dflt. */
const char *page_local_path(const char *next, const char *dflt);
/* Where to go on after signing in or registering, of the query or of the form that came back:
 * "next" (dflt when none), and "next_query", "?next=…" for the links to the other ways in, "" when
 * nothing was asked for. */
void	page_next(struct call *c, const char *dflt);
/* [{"id","title","current"}] from pairs ending with NULL. */
json_t	*page_tabs(const char *const pairs[][2], const char *current);
/* Send bytes as a picture or a PDF and free them; gives rc. */
int	page_send(struct call *c, int rc, const char *type, struct buf *b, const char *name);
/* What a list is searched for: "search": {"subject","no","products","states","ops","pays" (choices,
 * the wanted ones marked),"query" (all of it, for the pager)}. */
void	page_search(struct call *c);
/* A step of the order {no}, as the template order_step shows it. */
NODISCARD int page_step(struct call *c, const char *step, struct err *err);
/* The upload's bytes; ERR_INPUT at "file" when there are none. */
NODISCARD int page_file(struct call *c, struct err *err);
#endif
