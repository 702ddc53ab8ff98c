#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"

#define SB_STATE_MAX	(64 * 1024 * 1024)

struct sandbox	 sb = {.lock = PTHREAD_MUTEX_INITIALIZER, .factor = 1};

static void
sb_state_path(char path[4096])
{
	snprintf(path, 4096, "%s/state.json", sb.dir);
}

int
sb_state_load(struct err *err)
{
	struct buf	 text;
	char		 path[4096];
	int		 rc = -1;

	sb.state = NULL;
	buf_init(&text, SB_STATE_MAX);
	if (sb.dir != NULL) {
		sb_state_path(path);
		if (file_mkdirs(sb.dir, 0700, err) < 0)
			goto out;
		if (file_exists(path) && (file_read(path, &text, err) < 0 ||
		    json_parse(text.p, text.len, SB_STATE_MAX, &sb.state, err) < 0))
			goto out;
	}
	if (sb.state == NULL)
		sb.state = json_object();
	rc = 0;
 out:
	buf_free(&text);
	return rc;
}

/* A broken disk must not stop a sandbox: told, and gone on. */
void
sb_state_save(void)
{
	struct err	 err = {0};
	struct buf	 text;
	char		 path[4096];

	if (sb.dir == NULL)
		return;
	buf_init(&text, SB_STATE_MAX);
	sb_state_path(path);
	json_write(sb.state, &text);
	if (buf_check(&text, &err) < 0 || file_write(path, text.p, text.len, 0600, &err) < 0)
		log_err("sandbox.state", &err);
	buf_free(&text);
}

json_t *
sb_list(const char *name)
{
	if (json_object_get(sb.state, name) == NULL)
		json_object_set_new(sb.state, name, json_array());
	return json_object_get(sb.state, name);
}

json_t *
sb_map(const char *name)
{
	if (json_object_get(sb.state, name) == NULL)
		json_object_set_new(sb.state, name, json_object());
	return json_object_get(sb.state, name);
}

void
sb_push(const char *list, json_t *entry)
{
	json_t	*l = sb_list(list);

	json_array_append_new(l, entry);
	while (json_array_size(l) > SB_KEEP)
		json_array_remove(l, 0);
}

/* Objects keep their order of insertion, so the first is the oldest. */
void
sb_put(const char *map, const char *key, json_t *entry)
{
	json_t	*m = sb_map(map);
	void	*oldest = json_object_iter(m);

	if (json_object_size(m) >= SB_OBJECTS)
		json_object_del(m, json_object_iter_key(oldest));
	json_object_set_new(m, key, entry);
}

/* A fault {"api","what","n" (uses left, -1: always),"value"}. */
bool
sb_fault(const char *api, const char *what, int64_t *value)
{
	json_t	*faults = sb_list("faults"), *f;
	size_t	 i;
	int64_t	 n;

	json_array_foreach(faults, i, f) {
		if (strcmp(js_str(f, "api"), api) != 0 || strcmp(js_str(f, "what"), what) != 0)
			continue;
		if (value != NULL)
			*value = js_int(f, "value", 0);
		if ((n = js_int(f, "n", -1)) > 0)
			js_set_int(f, "n", n - 1);
		if (n == 1)
			json_array_remove(faults, i);
		return true;
	}
	return false;
}

json_t *
sb_person(const char *id_no)
{
	json_t	*p;
	size_t	 i;

	json_array_foreach(sb_list("people"), i, p)
		if (strcasecmp(js_str(p, "id_no"), id_no) == 0)
			return p;
	return NULL;
}

/* Invented people and companies with valid check characters. */
void
sb_seed(void)
{
	static const char *const people[][3] = {
		{"张建国", "430102198503070015", "13800138001"},
		{"李秀英", "430103199011120024", "13800138002"},
		{"王小明", "430104198806150036", "13800138003"},
		{"赵丽华", "110105199402280044", "13800138004"},
	};
	static const char *const companies[][3] = {
		{"湖南测试建设工程有限公司", "91430100MA4L00001", "张建国"},
		{"长沙示例勘察设计院有限公司", "91430102MA4L00002", "李秀英"},
		{"北京样板监理有限责任公司", "91110105MA0100003", "赵丽华"},
	};
	static const char	 weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	static const int	 uscc_weights[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8,
		24, 10, 30, 28};
	static const char	 uscc[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	char			 no[19];
	int			 sum;

	if (json_array_size(sb_list("people")) == 0)
		for (size_t i = 0; i < ARRAY_LEN(people); i++) {
			snprintf(no, sizeof(no), "%s", people[i][1]);
			sum = 0;
			for (int k = 0; k < 17; k++)
				sum += (no[k] - '0') * weights[k];
			no[17] = "10X98765432"[sum % 11];
			sb_push("people", json_pack("{s:s,s:s,s:s}", "name", people[i][0],
			    "id_no", no, "phone", people[i][2]));
		}
	if (json_array_size(sb_list("accounts")) == 0) {
		sb_push("accounts", json_pack("{s:s,s:s,s:s}", "account",
		    conf_str("gate.bank_account"), "holder", "（证书大厅）", "name", "招商银行"));
		sb_push("accounts", json_pack("{s:s,s:s,s:s}", "account", "43001500061050001111",
		    "holder", companies[0][0], "name", "建设银行长沙分行"));
	}
	if (json_array_size(sb_list("cards")) == 0)
		sb_push("cards", json_pack("{s:s,s:s,s:s,s:s}", "card", "6222021001116245702",
		    "name", people[0][0], "id_no",
		    js_str(json_array_get(sb_list("people"), 0), "id_no"), "phone",
		    people[0][2]));
	if (json_array_size(sb_list("companies")) == 0)
		for (size_t i = 0; i < ARRAY_LEN(companies); i++) {
			snprintf(no, sizeof(no), "%s", companies[i][1]);
			sum = 0;
			for (int k = 0; k < 17; k++)
				sum += (int)(strchr(uscc, no[k]) - uscc) * uscc_weights[k];
			no[17] = uscc[(31 - sum % 31) % 31];
			no[18] = '\0';
			sb_push("companies", json_pack("{s:s,s:s,s:s,s:s}", "name",
			    companies[i][0], "uscc", no, "legal_person", companies[i][2],
			    "status", "在营"));
		}
}
