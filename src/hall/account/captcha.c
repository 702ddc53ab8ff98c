#include "base/base.h"
#include "hall/account/code.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/hall_own.h"
#include "hall/sealed.h"
#include "hall/services.h"

#define CAPTCHA_LIFE	(5 * CLOCK_MINUTE)
#define CAPTCHA_LEN	5
#define CAPTCHA_HOUR	300		/* pictures an hour for one address */

void
captcha_id(char id[CAPTCHA_ID])
{
	rand_token(id, CAPTCHA_ID - 1);
}

static void
captcha_digest(const struct hall *h, const char *id, const char *answer,
    char digest[KEYED_TEXT])
{
	char	low[16];
	size_t	i = 0;

	for (i = 0; answer[i] != '\0' && i < sizeof(low) - 1; i++)
		low[i] = (char)(answer[i] >= 'A' && answer[i] <= 'Z' ? answer[i] - 'A' + 'a' :
		    answer[i]);
	low[i] = '\0';
	keyed_pair(h, "captcha", id, low, digest);
}

static bool
captcha_is_id(const char *id)
{
	size_t	i = 0;

	for (i = 0; id[i] != '\0'; i++)
		if (i >= CAPTCHA_ID - 1 || !((id[i] >= '0' && id[i] <= '9') ||
		    (id[i] >= 'a' && id[i] <= 'z') || (id[i] >= 'A' && id[i] <= 'Z')))
			return false;
	return i >= 16;
}

static int
captcha_draw_run(struct db *db, struct act *a, struct err *err)
{
	if (db_run(db, SQL_CAPTCHA_EXPIRE, NULL, err,
	    DB_INT(clock_now() - CAPTCHA_LIFE)) < 0)
		return -1;
	return db_run(db, SQL_CAPTCHA_SET, NULL, err, DB_TEXT(a->name), DB_TEXT(a->p),
	    DB_INT(clock_now()));
}

int
captcha_draw(struct hall *h, const struct who *who, const char *id, struct buf *png,
    struct err *err)
{
	/* Without the characters that look alike. */
	static const char	 letters[] = "abcdefhkmnprstuvwxy345678";
	char			 answer[16], digest[KEYED_TEXT];
	struct act		 a = {.h = h, .who = who, .name = id, .p = digest};
	int			 i = 0;

	if (!captcha_is_id(id))
		return err_set(err, ERR_NOT_FOUND, "图片已失效，请刷新页面。");
	if (limit_hit_from(h, "captcha.address", who, CAPTCHA_HOUR, CLOCK_HOUR, err) < 0)
		return -1;
	for (i = 0; i < CAPTCHA_LEN; i++)
		answer[i] = letters[rand_below(sizeof(letters) - 1)];
	answer[i] = '\0';
	if (*hall_fixed_captcha() != '\0')
		(void)snprintf(answer, sizeof(answer), "%s", hall_fixed_captcha());
	captcha_digest(h, id, answer, digest);
	if (act_write(&a, captcha_draw_run, err) < 0)
		return -1;
	return hall_services(h)->captcha(answer, png, err);
}

/* Taken out by the statement that reads it: of two at once one finds it. */
static int
captcha_use_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	const char	*stored = NULL;
	int		 rc = 0;

	a->number = 0;
	if (db_query(db, SQL_CAPTCHA_TAKE, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0 && rows_int(rows, 1) + CAPTCHA_LIFE > clock_now()) {
		stored = rows_text(rows, 0);
		a->number = secret_equal(stored, strlen(stored), a->p, strlen(a->p)) ? 1 : 0;
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
captcha_use(struct hall *h, const char *id, const char *answer, struct err *err)
{
	char		 digest[KEYED_TEXT];
	char		*typed = xstrdup(answer);
	struct act	 a = {.h = h, .name = id, .p = digest};
	int		 rc = 0;

	str_fold(typed);
	str_trim(typed);
	captcha_digest(h, id, typed, digest);
	rc = act_write(&a, captcha_use_run, err);
	free(typed);
	if (rc == 0 && a.number == 0)
		rc = err_set(err, ERR_INPUT, "图片中的字符不正确或已过期，请按新图片重新输入。");
	return rc;
}
