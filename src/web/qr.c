#include "base/base.h"
#include "web/page.h"

#include <qrencode.h>

/*
 * A QR code as data: the number of modules along an edge, quiet zone included, and an SVG
 * path of its dark modules.  The page draws it in an <svg> of its own, without any script.
 */
#define QR_QUIET	4

json_t *
qr_model(const char *text)
{
	QRcode		*qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	struct buf	 path;
	json_t		*out = NULL;
	int		 x = 0, y = 0, from = 0;

	if (qr == NULL)
		return NULL;
	buf_init(&path, LIMIT_PAGE / 4);
	for (y = 0; y < qr->width; y++)
		for (x = 0; x < qr->width; x++) {
			if ((qr->data[y * qr->width + x] & 1) == 0)
				continue;
			for (from = x; x + 1 < qr->width &&
			    (qr->data[y * qr->width + x + 1] & 1) != 0; x++)
				;
			buf_addf(&path, "M%d %dh%dv1H%dz", from + QR_QUIET, y + QR_QUIET,
			    x - from + 1, from + QR_QUIET);
		}
	out = json_pack("{s:i, s:s}", "size", qr->width + 2 * QR_QUIET, "path", path.p);
	buf_free(&path);
	QRcode_free(qr);
	return out;
}
