#include "base/base.h"
#include "seal/pdf_update.h"

#include <png.h>
#include <turbojpeg.h>
#include <zlib.h>

#define PICTURE_PIXELS	4000000		/* more than 120 mm at 300 dpi */
#define PICTURE_BROKEN	"印章的图像坏了，不能盖章。请联系制章机构重新制作。"

/* A plane of samples as a Flate stream. */
static int
picture_plane(struct pdf_update *u, int64_t no, const char *dict, const unsigned char *p,
    size_t len, struct err *err)
{
	uLongf		 n = compressBound(len);
	unsigned char	*packed = xmalloc(n);
	int		 rc;

	rc = compress2(packed, &n, p, len, 9) == Z_OK ? 0 :
	    err_set(err, ERR_BUG, "zlib does not compress");
	if (rc == 0)
		pdf_update_stream(u, no, dict, packed, n);
	free(packed);
	return rc;
}

/* Colours, and how much of them is seen as the soft mask (ISO 32000-1 11.6.5.3). */
static int
picture_planes(struct pdf_update *u, const unsigned char *rgba, unsigned width, unsigned height,
    int64_t *no, struct err *err)
{
	size_t		 n = (size_t)width * height;
	unsigned char	*plane = xmalloc(3 * n);
	int64_t		 mask = pdf_update_number(u);
	char		 dict[256];
	int		 rc;

	*no = pdf_update_number(u);
	for (size_t i = 0; i < n; i++)
		plane[i] = rgba[4 * i + 3];
	(void)snprintf(dict, sizeof(dict), "/Type/XObject/Subtype/Image/Width %u/Height %u"
	    "/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode", width, height);
	rc = picture_plane(u, mask, dict, plane, n, err);
	for (size_t i = 0; i < n; i++)
		memcpy(plane + 3 * i, rgba + 4 * i, 3);
	(void)snprintf(dict, sizeof(dict), "/Type/XObject/Subtype/Image/Width %u/Height %u"
	    "/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode/SMask %" PRId64 " 0 R",
	    width, height, mask);
	if (rc == 0)
		rc = picture_plane(u, *no, dict, plane, 3 * n, err);
	free(plane);
	return rc;
}

static int
picture_png(struct pdf_update *u, const struct eseal_picture *p, int64_t *no, struct err *err)
{
	png_image	 im = {.version = PNG_IMAGE_VERSION};
	unsigned char	*rgba = NULL;
	int		 rc = -1;

	if (png_image_begin_read_from_memory(&im, p->p, p->len) == 0 || im.width == 0 ||
	    im.height == 0 || (uint64_t)im.width * im.height > PICTURE_PIXELS) {
		png_image_free(&im);
		return err_set(err, ERR_INPUT, PICTURE_BROKEN);
	}
	im.format = PNG_FORMAT_RGBA;
	rgba = xmalloc(PNG_IMAGE_SIZE(im));
	if (png_image_finish_read(&im, NULL, rgba, 0, NULL) == 0)
		err_set(err, ERR_INPUT, PICTURE_BROKEN);
	else
		rc = picture_planes(u, rgba, im.width, im.height, no, err);
	png_image_free(&im);
	free(rgba);
	return rc;
}

/* As it is: PDF knows JPEG. */
static int
picture_jpg(struct pdf_update *u, const struct eseal_picture *p, int64_t *no, struct err *err)
{
	tjhandle	 tj = tjInitDecompress();
	int		 width = 0, height = 0, sampling = 0, colours = -1, rc;
	char		 dict[256];

	rc = tj == NULL ? -1 : tjDecompressHeader3(tj, p->p, p->len, &width, &height, &sampling,
	    &colours);
	if (tj != NULL)
		tjDestroy(tj);
	if (rc < 0 || width < 1 || height < 1 || (int64_t)width * height > PICTURE_PIXELS ||
	    (colours != TJCS_YCbCr && colours != TJCS_RGB && colours != TJCS_GRAY))
		return err_set(err, ERR_INPUT, PICTURE_BROKEN);
	(void)snprintf(dict, sizeof(dict), "/Type/XObject/Subtype/Image/Width %d/Height %d"
	    "/ColorSpace/Device%s/BitsPerComponent 8/Filter/DCTDecode", width, height,
	    colours == TJCS_GRAY ? "Gray" : "RGB");
	*no = pdf_update_number(u);
	pdf_update_stream(u, *no, dict, p->p, p->len);
	return 0;
}

int
pdf_picture_add(struct pdf_update *u, const struct eseal_picture *picture, int64_t *no,
    struct err *err)
{
	if (strcasecmp(picture->type, "PNG") == 0)
		return picture_png(u, picture, no, err);
	if (strcasecmp(picture->type, "JPG") == 0)
		return picture_jpg(u, picture, no, err);
	return err_set(err, ERR_INPUT, "这枚印章的图像是 %s 格式，盖 PDF 只支持 PNG 和 JPG。"
	    "请联系制章机构重新制作。", picture->type);
}
