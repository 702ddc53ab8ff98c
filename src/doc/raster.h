#ifndef DOC_RASTER_H
#define DOC_RASTER_H
#include "base/buf.h"
#include "doc/sniff.h"
#include <cairo.h>
/*
 * Pictures in memory: cairo RGB24 surfaces, white behind anything transparent.
 * The caller owns a surface that is returned (cairo_surface_destroy).
 */

/* Decode; a JPEG much larger than want_edge is decoded at a fraction of its size (DCT). */
NODISCARD int raster_decode(const unsigned char *p, size_t len, const struct sniff *sniff,
    int want_edge, cairo_surface_t **out, struct err *err);
/* A copy turned upright (EXIF orientation) whose longer edge is at most edge pixels. */
NODISCARD int raster_fit(cairo_surface_t *in, int orientation, int edge,
    cairo_surface_t **out, struct err *err);
NODISCARD int raster_jpeg(cairo_surface_t *in, int quality, struct buf *out, struct err *err);
NODISCARD int raster_png(cairo_surface_t *in, struct buf *out, struct err *err);
#endif
