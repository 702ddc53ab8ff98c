#include "base/base.h"
#include "hall/steps.h"

static int
print_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	static const struct { const char *name, *title; } papers[] = {
		{ "form", "数字证书业务受理表" }, { "agreement", "电子认证服务协议" },
		{ "letter", "单位授权委托书" }, { "all", "全部（一个文件）" },
	};
	json_t	*list = json_array();
	size_t	 i = 0;

	(void)db;
	(void)h;
	(void)who;
	(void)o;
	(void)err;
	for (i = 0; i < ARRAY_LEN(papers); i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "name",
		    papers[i].name, "title", papers[i].title));
	(void)json_object_set_new(model, "documents", list);
	return 0;
}

static int
print_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *in, json_t *errors, struct err *err)
{
	(void)in;
	(void)errors;
	if (order_note(db, h, who, o, "print", NULL, err) < 0)
		return -1;
	return step_mark(db, h, who, o, "print", err);
}

extern const struct step	step_print;
const struct step		step_print = {
	.name = "print", .title = "打印受理表", .bar = "材料提交",
	.next = "请打印受理表，签字并盖章",
	.show = print_show, .accept = print_accept,
};
