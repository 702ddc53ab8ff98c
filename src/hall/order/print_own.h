#ifndef HALL_PRINT_OWN_H
#define HALL_PRINT_OWN_H
#include "hall/act.h"
#include "hall/def/halldef.h"
/* Between the files of printing: blocks of a document for doc_form. */
json_t	*print_document(const struct halldef *d, const char *title, const char *no);
void	 print_block(json_t *doc, json_t *block);
void	 print_para(json_t *doc, const char *text);
void	 print_heading(json_t *doc, const char *text);
void	 print_sign(json_t *doc, const char *a, const char *b, const char *c);
void	 print_page(json_t *doc, const char *title);
/* One row of label, value, label, value (the second pair may be NULL). */
void	 print_row(json_t *rows, const char *l1, const char *v1, const char *l2, const char *v2);
void	 print_table(json_t *doc, json_t *rows);
void	 print_text(json_t *doc, const char *text);	/* paragraphs by line feeds */
void	 print_notes(json_t *doc);
/* A UKey handed over or sent, for both sides to sign; for staff. */
NODISCARD int	print_handover(struct db *db, struct act *a, struct err *err);
/* The waybill of a parcel that was ordered from the courier, to go on the parcel; for staff. */
NODISCARD int	print_waybill(struct db *db, struct act *a, struct err *err);
#endif
