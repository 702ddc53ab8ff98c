#ifndef GATE_WECHAT_H
#define GATE_WECHAT_H
#include "base/json.h"
#include "gate/reply.h"
/*
 * API v3 of WeChat Pay, which payments and electronic invoices share: requests signed with
 * the merchant's RSA key, answers checked by the 微信支付公钥 over the bytes as received.
 */
/* Signature, key id and age of an answer or a notification.  ERR_CRYPTO, ERR_STORE. */
NODISCARD int	wechat_check(const json_t *headers, const void *body, size_t len,
		    struct err *err);
/*
 * Call path (below gate.wechat_url) with a JSON body, or NULL for GET.  DONE: *out is the
 * answer's object (json_decref), NULL for an empty one; REFUSED: r->code is the API's.
 */
enum verdict	wechat_call(const char *api, const char *path, const json_t *in, json_t **out,
		    struct reply *r);
/* Append a file of at most max bytes to out; its answer is not signed. */
enum verdict	wechat_file(const char *api, const char *url, size_t max, struct buf *out,
		    struct reply *r);
#endif
