#include "base/base.h"
#include "hall/def/catalog.h"

#include "base/str.h"
#include "hall/form/form.h"
#include "hall/order/print_own.h"
#include "hall/services.h"

static json_t *
print_blank_form(const struct halldef *d, const struct def_product *p)
{
	const struct field	*f = form_by_name(p->form);
	char			*title = xasprintf("%s业务受理表", p->title);
	json_t			*doc = print_document(d, title, NULL), *rows = NULL;
	const char		*held = NULL;

	print_notes(doc);
	for (; f->name != NULL; f++) {
		if (strcmp(f->name, "years") == 0)
			break;
		if (f->group != NULL) {
			if (held != NULL)
				print_row(rows, held, "", NULL, NULL);
			if (rows != NULL)
				print_table(doc, rows);
			print_heading(doc, f->group);
			rows = json_array();
			held = NULL;
		}
		if (held == NULL) {
			held = f->label;
			continue;
		}
		print_row(rows, held, "", f->label, "");
		held = NULL;
	}
	if (held != NULL)
		print_row(rows, held, "", NULL, NULL);
	print_table(doc, rows);
	print_sign(doc, "经办人签字", "单位（盖章）", "日期");
	free(title);
	return doc;
}

static json_t *
print_blank_agreement(const struct halldef *d)
{
	json_t	*doc = NULL;
	size_t	 i = 0;

	for (i = 0; i < d->n_agreements; i++) {
		if (!d->agreements[i].print)
			continue;
		doc = print_document(d, d->agreements[i].title, NULL);
		print_text(doc, d->agreements[i].text);
		print_sign(doc, "经办人签字", "单位（盖章）", "日期");
		break;
	}
	return doc;
}

/* Where an impression of the seal or a signature is put before it is scanned. */
static json_t *
print_blank_seal(const struct halldef *d, const struct def_product *p)
{
	json_t	*doc = print_document(d, p->person ? "个人签章印模表" : "单位签章印模表", NULL);
	json_t	*rows = json_array();

	print_row(rows, "单位名称", "", NULL, NULL);
	print_row(rows, p->person ? "申请人姓名" : "印章使用人", "", "联系电话", "");
	print_table(doc, rows);
	print_para(doc, p->person ?
	    "签章请使用红色印泥，签名请用黑色或蓝色的笔，都在框的中间，清晰、完整，不压线、不重叠；"
	    "以300DPI分辨率彩色扫描，JPG格式上传。" :
	    "请使用红色印泥，印迹清晰、完整，不压线、不重叠；以300DPI分辨率扫描，JPG格式上传。");
	print_block(doc, json_pack("{s:s, s:s, s:i}", "type", "box", "text",
	    p->person ? "签名" : "印模一", "height_mm", 60));
	print_block(doc, json_pack("{s:s, s:s, s:i}", "type", "box", "text",
	    p->person ? "签章" : "印模二", "height_mm", 60));
	print_sign(doc, "填表人签字", "单位（盖章）", "日期");
	return doc;
}

int
catalog_form(const struct hall *h, const char *name, struct buf *pdf, struct err *err)
{
	const struct halldef		*d = hall_def(h);
	const struct def_product	*p = NULL;
	json_t				*doc = NULL;
	int				 rc = 0;

	if (strcmp(name, "agreement") == 0)
		doc = print_blank_agreement(d);
	else if (str_has_prefix(name, "form-") && (p = halldef_product(d, name + 5)) != NULL)
		doc = print_blank_form(d, p);
	else if (str_has_prefix(name, "seal-") && (p = halldef_product(d, name + 5)) != NULL)
		doc = print_blank_seal(d, p);
	if (doc == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这份表格。");
	rc = hall_services(h)->form(doc, pdf, err);
	json_decref(doc);
	return rc;
}
