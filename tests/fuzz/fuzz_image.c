/* Uploaded pictures, decoded and encoded anew. */
#include "base/base.h"
#include "doc/doc.h"
#include "doc/sniff.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct doc_image_rule	 rule = {.jpg = true, .png = true, .bmp = true,
		.max_bytes = 65536, .min_pixels = 1, .keep_bytes = 65536};
	struct err			 err = {0};
	struct doc_image		 im;
	struct sniff			 s = {0};

	/* A large empty picture costs seconds and finds nothing. */
	if (sniff_read(p, len, &s, &err) == 0 && (int64_t)s.width * s.height > 1 << 20)
		return 0;
	err_clear(&err);
	doc_image_init(&im);
	if (doc_image_work(p, len, &rule, &im, &err) < 0)
		assert(err.kind != ERR_NONE && err.kind != ERR_BUG);
	else
		assert(im.kept.len > 0 && im.thumb.len > 0 && im.kept_width > 0);
	doc_image_free(&im);
	return 0;
}
