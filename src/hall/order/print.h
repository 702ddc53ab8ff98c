#ifndef HALL_PRINT_H
#define HALL_PRINT_H
#include "hall/hall.h"
/*
 * The papers of an order as PDF: name "form" (acceptance form), "agreement", "letter" (letter
 * of authorisation), "all" (the three in one file), "receipt" (payment result),
 * "handover" (交接单: a UKey that staff made, for who receives it), "waybill" (快递单; both for the
 * desk).
 */
NODISCARD int	print_pdf(struct hall *h, const struct who *who, const char *no,
		    const char *name, struct buf *pdf, struct err *err);
#endif
