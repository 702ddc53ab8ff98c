#ifndef WEB_FRAME_H
#define WEB_FRAME_H
#include "web/page.h"
/*
 * What stands around a page's own model, as the context "frame":
 * {"page","path","account","staff","name","top":[item],"groups":[{"title","items":[item]}],
 *  "desk":[item],"crumbs":[{"path","title"}],"here","request"}; an item is {"path","title",
 * "current"}.  All from the rows.
 */
json_t	*frame_model(const struct call *c);
#endif
