#include "unit.h"
#include "hall/payment/batch_list.h"
#include "base/buf.h"

static const char	line[] = "张三,430102199001011234,13800000001,zs@x.example,zhangsan";

static json_t *
parse(const char *text)
{
	struct err	 err = {0};
	json_t		*list = NULL;

	assert_ok(batch_list_parse(text, strlen(text), &list, &err));
	return list;
}

static void
cell_is(const json_t *list, size_t i, const char *name, const char *want)
{
	assert_string_equal(js_str(json_array_get(list, i), name), want);
}

/* As a spreadsheet saves it, as it is pasted, as somebody types it: the same cells. */
void
test_batch__cells(void **state)
{
	json_t	*l = parse("\xef\xbb\xbf姓名,身份证号码,手机,邮箱,用户名\r\n"
		    "张三,430102199001011234,13800000001,zs@x.example,zhangsan\r\n"
		    "李四\t430102199001011235\t13800000002\tls@x.example\tlisi\r\n,,,,\r\n\r\n"
		    " \"王,五\" ，430102199001011236，13800000003，ww@x.example，wangwu,,\n");

	(void)state;
	assert_int_equal(json_array_size(l), 3);
	cell_is(l, 0, "name", "张三");
	cell_is(l, 0, "user_name", "zhangsan");
	cell_is(l, 1, "id_no", "430102199001011235");
	cell_is(l, 1, "fault", "");
	cell_is(l, 2, "name", "王,五");
	cell_is(l, 2, "mobile", "13800000003");
	cell_is(l, 2, "fault", "");
	json_decref(l);
}

/* Four cells are too few, six too many; five are right. */
void
test_batch__number_of_cells(void **state)
{
	json_t	*l = parse("a,b,c,d\na,b,c,d,e\na,b,c,d,e,f\n\"a,b,c,d,e");

	(void)state;
	assert_int_equal(json_array_size(l), 4);
	assert_true(*js_str(json_array_get(l, 0), "fault") != '\0');
	assert_true(*js_str(json_array_get(l, 1), "fault") == '\0');
	assert_true(*js_str(json_array_get(l, 2), "fault") != '\0');
	assert_true(*js_str(json_array_get(l, 3), "fault") != '\0');
	cell_is(l, 2, "text", "a,b,c,d,e,f");
	json_decref(l);
}

/* 99 persons and not one more; a line of 400 bytes and not one longer; nobody at all; no text. */
void
test_batch__bounds(void **state)
{
	struct err	 err = {0};
	struct buf	 b;
	json_t		*l = NULL;
	char		 text[BATCH_LINE + 2];
	int		 i = 0;

	(void)state;
	buf_init(&b, 64 * 1024);
	for (i = 0; i < BATCH_LINES; i++)
		buf_addf(&b, "%s\n", line);
	l = parse(b.p);
	assert_int_equal(json_array_size(l), BATCH_LINES);
	json_decref(l);
	buf_addf(&b, "%s\n", line);
	assert_err(batch_list_parse(b.p, b.len, &l, &err), ERR_LIMIT);
	buf_free(&b);
	memset(text, 'a', sizeof(text));
	text[BATCH_LINE] = '\0';
	json_decref(parse(text));
	text[BATCH_LINE] = 'a';
	assert_err(batch_list_parse(text, BATCH_LINE + 1, &l, &err), ERR_LIMIT);
	assert_err(batch_list_parse("", 0, &l, &err), ERR_INPUT);
	assert_err(batch_list_parse("姓名,证件\n\n", strlen("姓名,证件\n\n"), &l, &err), ERR_INPUT);
	assert_err(batch_list_parse("\xd5\xc5\xc8\xfd,1,2,3,4", 12, &l, &err), ERR_INPUT);
	assert_err(batch_list_parse("a\0b,1,2,3,4", 11, &l, &err), ERR_INPUT);
}
