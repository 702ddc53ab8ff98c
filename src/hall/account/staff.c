#include "base/base.h"
#include "hall/account/staff.h"

#include "base/clock.h"
#include "base/rand.h"
#include "hall/act.h"
#include "hall/journal.h"
#include "pki/idcode.h"

static const struct { enum staff_role role; const char *name, *text; } staff_roles[] = {
	{ ROLE_REVIEWER, "reviewer", "审核员" },
	{ ROLE_MAKER, "maker", "制证员" },
	{ ROLE_FINANCE, "finance", "财务" },
	{ ROLE_ADMIN, "admin", "管理员" },
};

const char *
staff_role_text(enum staff_role role)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(staff_roles); i++)
		if (staff_roles[i].role == role)
			return staff_roles[i].text;
	return "";
}

unsigned int
staff_roles_parse(const char *text)
{
	unsigned int	 roles = 0;
	size_t		 i = 0, len = 0;

	while (*text != '\0') {
		len = strcspn(text, ",");
		for (i = 0; i < ARRAY_LEN(staff_roles); i++)
			if (strlen(staff_roles[i].name) == len &&
			    strncmp(staff_roles[i].name, text, len) == 0)
				break;
		if (i == ARRAY_LEN(staff_roles))
			return 0;
		roles |= staff_roles[i].role;
		text += len;
		if (*text == ',')
			text++;
	}
	return roles;
}

static int
staff_allowed(const struct who *who, struct err *err)
{
	return who->system ? 0 : hall_need_role(who, ROLE_ADMIN, err);
}

static int
staff_add_run(struct db *db, struct act *a, struct err *err)
{
	char	serial[65];

	(void)idcode_fold(a->p, serial, sizeof(serial));
	if (db_run(db, SQL_STAFF_INSERT, NULL, err, DB_INT(a->number), DB_TEXT(a->name),
	    DB_TEXT(serial), DB_INT((int64_t)a->len), DB_INT(clock_now())) < 0)
		return -1;
	return hall_journal_add(db, a->who, "staff.add", serial, a->name, err);
}

int
staff_add(struct hall *h, const struct who *who, const char *name, const char *serial,
    unsigned int roles, int64_t *id, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = name, .p = serial, .len = roles,
			    .number = rand_id()};

	if (staff_allowed(who, err) < 0)
		return -1;
	if (*name == '\0' || *serial == '\0' || roles == 0)
		return err_set(err, ERR_INPUT, "请填写姓名、证书序列号和至少一个岗位。");
	if (act_write(&a, staff_add_run, err) < 0) {
		if (err->kind == ERR_CONFLICT)
			return err_set(err, ERR_CONFLICT, "这张证书已经登记在工作人员名下，"
			    "请在名单中找到这位工作人员，修改其岗位。");
		return -1;
	}
	*id = a.number;
	return 0;
}

static int
staff_set_run(struct db *db, struct act *a, struct err *err)
{
	int64_t	changed = 0;
	char	subject[32], detail[64];
	bool	active = a->p != NULL;

	if (db_run(db, SQL_STAFF_SET, &changed, err, DB_INT(a->number), DB_INT((int64_t)a->len),
	    DB_INT(active)) < 0)
		return -1;
	if (changed != 1)
		return err_set(err, ERR_NOT_FOUND, "没有这位工作人员。");
	if (!active && db_run(db, SQL_SESSION_DROP_ALL, NULL, err, DB_INT(1),
	    DB_INT(a->number), DB_TEXT("")) < 0)
		return -1;
	(void)snprintf(subject, sizeof(subject), "%" PRId64, a->number);
	(void)snprintf(detail, sizeof(detail), "roles %zu active %d", a->len, active);
	return hall_journal_add(db, a->who, "staff.set", subject, detail, err);
}

int
staff_set(struct hall *h, const struct who *who, int64_t id, unsigned int roles, bool active,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .number = id, .len = roles,
			    .p = active ? "" : NULL};

	if (staff_allowed(who, err) < 0)
		return -1;
	if (who->staff == id)
		return err_set(err, ERR_DENIED, "不能修改自己的岗位，请由另一位管理员操作。");
	return act_write(&a, staff_set_run, err);
}

static int
staff_list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL, *roles = NULL;
	size_t		 i = 0;
	int		 rc = 0;

	a->model = json_pack("{s:o}", "rows", list);
	if (db_query(db, SQL_STAFF_LIST, &rows, err) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		roles = json_array();
		for (i = 0; i < ARRAY_LEN(staff_roles); i++)
			if (((unsigned int)rows_int(rows, 3) & staff_roles[i].role) != 0)
				(void)json_array_append_new(roles,
				    json_string(staff_roles[i].text));
		j = json_pack("{s:I, s:s, s:s, s:o, s:b}", "id", (json_int_t)rows_int(rows, 0),
		    "name", rows_text(rows, 1), "serial", rows_text(rows, 2), "roles", roles,
		    "active", rows_int(rows, 4) != 0);
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

int
staff_list(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	if (staff_allowed(who, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, staff_list_run, err), model);
}

static int
staff_by_serial_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	struct who	*out = a->extra;
	char		 serial[65];
	int		 rc = 0;

	if (db_query(db, SQL_STAFF_BY_SERIAL, &rows, err, DB_TEXT(idcode_fold(a->p, serial,
	    sizeof(serial)))) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0 && rows_int(rows, 2) != 0)
		*out = (struct who){ .staff = rows_int(rows, 0),
			.roles = (unsigned int)rows_int(rows, 1), .address = "" };
	else if (rc >= 0)
		rc = err_set(err, ERR_NOT_FOUND, "没有在岗的工作人员用这张证书。");
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
staff_by_serial(struct hall *h, const char *serial, struct who *who, struct err *err)
{
	struct who	system = { .system = true, .address = "" };
	struct act	a = { .h = h, .who = &system, .p = serial, .extra = who };

	return act_read(&a, staff_by_serial_run, err);
}
