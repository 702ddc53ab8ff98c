#include "base/base.h"
#include "doc/ink.h"

#include <png.h>

void
ink_init(struct ink *k, int width, int height)
{
	*k = (struct ink){.width = width, .height = height,
	    .strength = xcalloc((size_t)width, (size_t)height), .red = 214, .green = 24, .blue = 24};
}

void
ink_free(struct ink *k)
{
	free(k->strength);
	k->strength = NULL;
}

void
ink_from_mask(struct ink *k, cairo_surface_t *mask)
{
	const unsigned char	*from;
	size_t			 stride;

	cairo_surface_flush(mask);
	from = cairo_image_surface_get_data(mask);
	stride = (size_t)cairo_image_surface_get_stride(mask);
	for (int y = 0; y < k->height; y++)
		memcpy(k->strength + (size_t)y * (size_t)k->width, from + (size_t)y * stride,
		    (size_t)k->width);
}

static int
ink_png_levels(const struct ink *k, unsigned levels, struct buf *png, struct err *err)
{
	png_image		 im = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)k->width,
		.height = (png_uint_32)k->height, .format = PNG_FORMAT_RGBA_COLORMAP,
		.colormap_entries = levels};
	size_t			 n = (size_t)k->width * (size_t)k->height;
	unsigned char		*index = xmalloc(n), map[16][4], *out;
	png_alloc_size_t	 size = PNG_IMAGE_PNG_SIZE_MAX(im);
	int			 ok;

	for (unsigned i = 0; i < levels; i++) {
		map[i][0] = k->red;
		map[i][1] = k->green;
		map[i][2] = k->blue;
		map[i][3] = (unsigned char)(255 * i / (levels - 1));
	}
	for (size_t i = 0; i < n; i++)
		index[i] = (unsigned char)((k->strength[i] * (levels - 1) + 127) / 255);
	out = xmalloc(size);
	ok = png_image_write_to_memory(&im, out, &size, 0, index, 0, map);
	if (ok)
		buf_add(png, out, size);
	free(out);
	free(index);
	return ok ? buf_check(png, err) : err_set(err, ERR_BUG, "cannot encode PNG: %s", im.message);
}

int
ink_png(const struct ink *k, size_t max, struct buf *png, struct err *err)
{
	for (unsigned levels = 16; levels >= 4; levels /= 2) {
		buf_clear(png);
		if (ink_png_levels(k, levels, png, err) < 0)
			return -1;
		if (png->len <= max)
			return 0;
	}
	return err_set(err, ERR_LIMIT, "印章图像太复杂，放不进UKey；请换一张背景干净的印模重新上传。");
}
