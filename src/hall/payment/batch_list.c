#include "base/base.h"
#include "hall/payment/batch_list.h"

#include "base/str.h"

static const char *const	batch_cells[] = { "name", "id_no", "mobile", "mail", "user_name" };

/* Commas and tabs part cells; so does the comma of a Chinese keyboard. */
static size_t
cell_end(const char *p)
{
	if (*p == ',' || *p == '\t')
		return 1;
	return str_has_prefix(p, "，") ? strlen("，") : 0;
}

/* The next cell, without its quotes and the blanks around it; *p behind what parts it, NULL at the
 * end of the line. */
static char *
cell_take(const char **p)
{
	const char	*from = *p, *at = from;
	bool		 quoted = *at == '"';
	char		*text = NULL;
	size_t		 n = 0;

	if (quoted)
		at += strcspn(at + 1, "\"") + 1;
	while (*at != '\0' && (n = cell_end(at)) == 0)
		at++;
	text = xstrndup(from, (size_t)(at - from));
	str_trim(text);
	n = strlen(text);
	if (quoted && n >= 2 && text[n - 1] == '"') {
		memmove(text, text + 1, n - 2);
		text[n - 2] = '\0';
		str_trim(text);
	}
	*p = *at == '\0' ? NULL : at + cell_end(at);
	return text;
}

static json_t *
line_parse(const char *text)
{
	json_t		*j = json_pack("{s:s, s:s}", "text", text, "fault", "");
	const char	*p = text;
	char		*cell = NULL;
	size_t		 n = 0;

	for (n = 0; n < ARRAY_LEN(batch_cells); n++)
		js_set_str(j, batch_cells[n], "");
	for (n = 0; p != NULL; n++) {
		cell = cell_take(&p);
		if (n < ARRAY_LEN(batch_cells))
			js_set_str(j, batch_cells[n], cell);
		else if (*cell == '\0')
			n--;			/* empty cells at the end of a row mean nothing */
		free(cell);
	}
	if (n != ARRAY_LEN(batch_cells))
		js_set_str(j, "fault", "一行应有5项：姓名、身份证号码、手机、邮箱、用户名，"
		    "用逗号隔开。");
	return j;
}

static int
list_add(json_t *list, const char *p, size_t len, struct err *err)
{
	char	*text = NULL;

	if (len > BATCH_LINE)
		return err_set(err, ERR_LIMIT, "名单第%zu行太长，请检查格式。",
		    json_array_size(list) + 1);
	text = xstrndup(p, len);
	str_trim(text);
	if (*text != '\0' && !str_has_prefix(text, "姓名") &&
	    strspn(text, ",\t") != strlen(text))
		(void)json_array_append_new(list, line_parse(text));
	free(text);
	return json_array_size(list) <= BATCH_LINES ? 0 : err_set(err, ERR_LIMIT,
	    "一份名单最多%d人，请分成几份。", BATCH_LINES);
}

int
batch_list_parse(const char *p, size_t len, json_t **out, struct err *err)
{
	const char	*end = p + len;
	json_t		*list = json_array();
	size_t		 n = 0;
	int		 rc = 0;

	if (!utf8_is_valid(p, len) || memchr(p, '\0', len) != NULL)
		rc = err_set(err, ERR_INPUT, "文件不是UTF-8编码的文本：请在Excel中另存为“CSV UTF-8”，"
		    "或者把表格中的内容复制、粘贴到名单框里。");
	else if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (; rc == 0 && p < end; p += n + 1) {
		for (n = 0; p + n < end && p[n] != '\n' && p[n] != '\r'; n++)
			;
		rc = list_add(list, p, n, err);
	}
	if (rc == 0 && json_array_size(list) == 0)
		rc = err_set(err, ERR_INPUT, "名单中没有人员，请按模板填写，一人一行。");
	if (rc < 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}
