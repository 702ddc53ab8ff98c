#include "base/base.h"
#include "doc/sniff.h"

#define SNIFF_CUT	"图片文件不完整，可能没有传完，请重新选择文件上传。"

const char *
sniff_name(enum sniff_type type)
{
	static const char *const names[] = {"jpg", "png", "bmp"};

	return names[type];
}

static uint32_t
be16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
be32(const unsigned char *p)
{
	return be16(p) << 16 | be16(p + 2);
}

static uint32_t
le16(const unsigned char *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}

static uint32_t
le32(const unsigned char *p)
{
	return le16(p + 2) << 16 | le16(p);
}

/* Dots per inch from dots per metre. */
static int
sniff_dpi(uint32_t per_metre)
{
	uint64_t	 dpi = ((uint64_t)per_metre * 254 + 5000) / 10000;

	return dpi > 10000 ? 0 : (int)dpi;
}

/* Orientation tag (0x0112) of the first directory of an EXIF block (TIFF 6.0). */
static int
exif_orientation(const unsigned char *p, size_t len)
{
	bool		 big;
	uint32_t	 at, n;

	if (len < 14 || memcmp(p, "Exif\0\0", 6) != 0)
		return 1;
	p += 6;
	len -= 6;
	big = p[0] == 'M';
	at = big ? be32(p + 4) : le32(p + 4);
	if (at > len - 2)
		return 1;
	n = big ? be16(p + at) : le16(p + at);
	for (uint32_t i = 0; i < n && i < 64; i++) {
		size_t			 off = (size_t)at + 2 + (size_t)i * 12;
		const unsigned char	*e = p + off;
		uint32_t		 v;

		if (off + 12 > len)
			return 1;
		if ((big ? be16(e) : le16(e)) != 0x0112)
			continue;
		v = big ? be16(e + 8) : le16(e + 8);
		return v >= 1 && v <= 8 ? (int)v : 1;
	}
	return 1;
}

static void
sniff_jfif(const unsigned char *p, size_t len, struct sniff *out)
{
	if (len < 12 || memcmp(p, "JFIF\0", 5) != 0)
		return;
	if (p[7] == 1)
		out->dpi = (int)be16(p + 8);
	else if (p[7] == 2)
		out->dpi = sniff_dpi(be16(p + 8) * 100);
}

/* Walk the marker segments up to the frame header (ITU-T T.81 B.1). */
static int
sniff_jpg(const unsigned char *p, size_t len, struct sniff *out, struct err *err)
{
	size_t	 at = 2, n;

	for (;;) {
		unsigned char	 marker;

		while (at < len && p[at] == 0xff)
			at++;
		if (at + 3 > len)
			return err_set(err, ERR_INPUT, SNIFF_CUT);
		marker = p[at++];
		n = be16(p + at);
		if (n < 2 || at + n > len)
			return err_set(err, ERR_INPUT, SNIFF_CUT);
		if (marker == 0xe0)
			sniff_jfif(p + at + 2, n - 2, out);
		else if (marker == 0xe1)
			out->orientation = exif_orientation(p + at + 2, n - 2);
		else if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
		    marker != 0xc8 && marker != 0xcc)
			break;
		else if (marker == 0xda || marker == 0xd9)
			return err_set(err, ERR_INPUT, SNIFF_CUT);
		at += n;
		if (at >= len || p[at] != 0xff)
			return err_set(err, ERR_INPUT, SNIFF_CUT);
	}
	if (n < 8)
		return err_set(err, ERR_INPUT, SNIFF_CUT);
	out->height = (int)be16(p + at + 3);
	out->width = (int)be16(p + at + 5);
	return 0;
}

static int
sniff_png(const unsigned char *p, size_t len, struct sniff *out, struct err *err)
{
	size_t	 at = 8;

	if (len < 33 || memcmp(p + 12, "IHDR", 4) != 0)
		return err_set(err, ERR_INPUT, SNIFF_CUT);
	out->width = be32(p + 16) > 1000000 ? 0 : (int)be32(p + 16);
	out->height = be32(p + 20) > 1000000 ? 0 : (int)be32(p + 20);
	while (at + 12 <= len) {
		size_t	 n = be32(p + at);

		if (n > len - at - 12 || memcmp(p + at + 4, "IDAT", 4) == 0)
			break;
		if (memcmp(p + at + 4, "pHYs", 4) == 0 && n == 9 && p[at + 16] == 1)
			out->dpi = sniff_dpi(be32(p + at + 8));
		at += n + 12;
	}
	return 0;
}

static int
sniff_bmp(const unsigned char *p, size_t len, struct sniff *out, struct err *err)
{
	int32_t	 w, h;

	if (len < 54 || le32(p + 14) < 40)
		return err_set(err, ERR_INPUT, SNIFF_CUT);
	w = (int32_t)le32(p + 18);
	h = (int32_t)le32(p + 22);
	out->width = w < 0 || w > 1000000 ? 0 : w;
	out->height = h < -1000000 || h > 1000000 ? 0 : h < 0 ? -h : h;
	out->dpi = sniff_dpi(le32(p + 38));
	return 0;
}

int
sniff_read(const unsigned char *p, size_t len, struct sniff *out, struct err *err)
{
	int	 rc;

	*out = (struct sniff){.orientation = 1};
	if (len == 0)
		return err_set(err, ERR_INPUT, "文件是空的，请重新选择文件。");
	if (len >= 4 && p[0] == 0xff && p[1] == 0xd8 && p[2] == 0xff) {
		out->type = SNIFF_JPG;
		rc = sniff_jpg(p, len, out, err);
	} else if (len >= 8 && memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0) {
		out->type = SNIFF_PNG;
		rc = sniff_png(p, len, out, err);
	} else if (len >= 2 && p[0] == 'B' && p[1] == 'M') {
		out->type = SNIFF_BMP;
		rc = sniff_bmp(p, len, out, err);
	} else if (len >= 5 && memcmp(p, "%PDF-", 5) == 0) {
		return err_set(err, ERR_INPUT,
		    "这是 PDF 文件。请把它导出或截成图片（jpg、png、bmp）再上传。");
	} else if (len >= 12 && memcmp(p + 4, "ftyphei", 7) == 0) {
		return err_set(err, ERR_INPUT, "这是 HEIC 照片，请在手机“设置－相机－格式”里选"
		    "“兼容性最佳”后重拍，或另存为 jpg 再上传。");
	} else {
		return err_set(err, ERR_INPUT,
		    "这不是图片文件（只看内容，不看扩展名）。请上传 jpg、png 或 bmp 图片。");
	}
	if (rc == 0 && (out->width <= 0 || out->height <= 0))
		return err_set(err, ERR_INPUT, "图片的尺寸信息有误，请重新扫描或拍照后上传。");
	return rc;
}
