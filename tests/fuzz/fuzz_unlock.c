#include "base/base.h"
#include "token/unlock.h"

/* What goes into a UKey to unlock it; what was read is written as it was. */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct unlock_message	 m, again;
	struct buf		 text;

	if (unlock_message_parse(p, len, &m) < 0)
		return 0;
	buf_init(&text, UNLOCK_MESSAGE);
	unlock_message_add(&m, &text);
	if (unlock_message_parse(text.p, text.len, &again) < 0 || again.expires != m.expires ||
	    memcmp(again.answer, m.answer, sizeof(m.answer)) != 0 ||
	    strcmp(again.order, m.order) != 0 || strcmp(again.new_pin, m.new_pin) != 0)
		BUG("read otherwise than written");
	buf_free(&text);
	return 0;
}
