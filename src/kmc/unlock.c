#include "base/base.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "kmc/work.h"

#define MASTER	"device-master"

int
device_master_make(struct kmc *k, struct err *err)
{
	unsigned char	 master[KMC_SECRET];
	int		 rc;

	rand_bytes(master, sizeof(master));
	rc = kmc_secret_add(k, MASTER, master, "", err);
	secret_wipe(master, sizeof(master));
	return rc;
}

int
device_master_need(struct kmc *k, struct err *err)
{
	unsigned char	 master[KMC_SECRET];
	struct err	 why = {0};
	int		 rc = kmc_secret_load(k, MASTER, master, NULL, &why);

	secret_wipe(master, sizeof(master));
	/* One that is there and does not open shows when it is used; pairs are given meanwhile. */
	return rc < 0 && why.kind == ERR_WRONG_STATE ? device_master_make(k, err) : 0;
}

static int
device_key_load(struct kmc *k, const char *serial, unsigned char key[UNLOCK_KEY],
    struct err *err)
{
	unsigned char	 master[KMC_SECRET];
	int		 rc;

	if (serial[0] == '\0' || strlen(serial) >= UNLOCK_SERIAL)
		return err_set(err, ERR_INPUT, "that is no serial number of a UKey");
	if ((rc = kmc_secret_load(k, MASTER, master, NULL, err)) == 0)
		unlock_device_key(master, serial, key);
	secret_wipe(master, sizeof(master));
	return rc;
}

/* To whom a device key was given first. */
struct giving {
	const char	*serial, *order;	/* order NULL: the administrator asks */
	struct escrow	 escrow;
	bool		 mine;
};

/* Nobody but the first gets it over the network; the administrator always. */
static int
giving_run(struct db *db, void *arg, struct err *err)
{
	struct giving	*g = arg;
	struct rows	*r = NULL;
	const void	*point = NULL;
	size_t		 len = 0;
	int		 rc;

	if (g->order != NULL && (rc = escrow_by_ref(db, g->order, &g->escrow, err)) <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "no pair was made for order %.40s",
		    g->order);
	len = g->order == NULL ? 0 : SM2_POINT_LEN;
	if (db_run(db, SQL_DEVICE_ADD, NULL, err, DB_TEXT(g->serial),
	    DB_BLOB(g->escrow.sign_point, len), DB_INT(clock_now())) < 0 ||
	    db_one(db, SQL_DEVICE_GET, &r, err, DB_TEXT(g->serial)) < 0)
		return -1;
	point = rows_blob(r, 0, &len);
	g->mine = g->order == NULL || (len == SM2_POINT_LEN &&
	    memcmp(point, g->escrow.sign_point, len) == 0);
	rows_free(r);
	return 0;
}

/* Wrapped for the sign key of the order's pair: only the UKey that has it can open it. */
static int
device_seal(struct kmc *k, const struct giving *g, struct buf *out, struct err *err)
{
	unsigned char	 key[UNLOCK_KEY];
	EVP_PKEY	*sign = NULL;
	int		 rc = -1;

	if (sm2_from_point(g->escrow.sign_point, &sign, err) == 0 &&
	    device_key_load(k, g->serial, key, err) == 0) {
		rc = sm2_encrypt(sign, key, sizeof(key), out, err);
		secret_wipe(key, sizeof(key));
	}
	EVP_PKEY_free(sign);
	return rc;
}

int
device_give(struct kmc *k, const char *order, const char *serial, struct buf *out,
    struct err *err)
{
	struct giving	g = {.serial = serial, .order = order};
	int		rc = -1;

	if (serial[0] == '\0' || strlen(serial) >= UNLOCK_SERIAL)
		return err_set(err, ERR_INPUT, "that is no serial number of a UKey");
	escrow_init(&g.escrow);
	if (kmc_write(k, giving_run, &g, err) == 0 && g.mine &&
	    (rc = device_seal(k, &g, out, err)) == 0)
		journal_note(k->store, "device.give", json_pack("{s:s,s:s}", "serial", serial,
		    "order", order));
	else if (!g.mine && err->kind == ERR_NONE)
		rc = 0;			/* somebody has it: out stays empty */
	escrow_release(&g.escrow);
	return rc;
}

int
device_key(struct kmc *k, const char *serial, unsigned char key[UNLOCK_KEY], struct err *err)
{
	struct giving	g = {.serial = serial};

	if (device_key_load(k, serial, key, err) < 0 ||
	    kmc_write(k, giving_run, &g, err) < 0)
		return -1;
	journal_note(k->store, "device.key", json_pack("{s:s}", "serial", serial));
	return 0;
}

struct unlocking {
	const struct signed_statement	*in;
	json_t				*statement;
	const char			*order, *serial, *challenge;
	unsigned char			 bytes[UNLOCK_CHALLENGE];
	int64_t				 expires;
};

static int
unlock_parse(struct unlocking *u, struct err *err)
{
	if (statement_parse(u->in->text, u->in->len, "unlock", &u->statement, err) < 0)
		return -1;
	u->order = js_str(u->statement, "order");
	u->serial = js_str(u->statement, "serial");
	u->challenge = js_str(u->statement, "challenge");
	if (strlen(u->order) != 20 || !str_is_digits(u->order))
		return err_set(err, ERR_DENIED, "the statement names no order");
	if (hex_decode(u->challenge, u->bytes, sizeof(u->bytes)) < 0)
		return err_set(err, ERR_DENIED, "the challenge is not 32 hex digits");
	return 0;
}

/* 1: answered before, and the answer still holds; 0: not yet; -1. */
static int
unlock_find(struct db *db, struct unlocking *u, struct err *err)
{
	struct rows	*r = NULL;
	char		 hex[2 * UNLOCK_CHALLENGE + 1];
	int64_t		 most = clock_now() + conf_int("kmc.unlock_minutes") * CLOCK_MINUTE;
	int		 rc;

	hex_encode(u->bytes, sizeof(u->bytes), hex);
	if (db_query(db, SQL_UNLOCK_BY_CHALLENGE, &r, err, DB_TEXT(u->serial), DB_TEXT(hex)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		u->expires = rows_int(r, 1);
		if (strcmp(rows_text(r, 0), u->in->text) != 0)
			rc = err_set(err, ERR_CONFLICT, "这次解锁请求已经处理过，请在客户端重新发起解锁。");
		else if (u->expires < clock_now() || u->expires > most + CLOCK_MINUTE)
			/* a clock that was set back makes no answer live longer */
			rc = err_set(err, ERR_EXPIRED, "解锁码已过期，请在客户端重新发起解锁。");
	}
	rows_free(r);
	return rc;
}

static int
unlock_keep(struct db *db, void *arg, struct err *err)
{
	struct unlocking	*u = arg;
	char			 hex[2 * UNLOCK_CHALLENGE + 1];
	const char		*officer = js_str(u->statement, "officer");
	json_t			*detail;
	int64_t			 now = clock_now();
	int			 rc = unlock_find(db, u, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	u->expires = now + conf_int("kmc.unlock_minutes") * CLOCK_MINUTE;
	hex_encode(u->bytes, sizeof(u->bytes), hex);
	if (db_run(db, SQL_UNLOCK_ADD, NULL, err, DB_TEXT(u->serial), DB_TEXT(hex),
	    DB_TEXT(u->order), DB_TEXT(officer), DB_TEXT(u->in->text),
	    DB_BLOB(u->in->first.p, u->in->first.len), DB_INT(u->expires), DB_INT(now)) < 0)
		return -1;
	detail = json_pack("{s:s,s:s,s:s}", "order", u->order, "serial", u->serial, "officer",
	    officer);
	rc = journal_add(db, "ukey.unlock", detail, NULL, err);
	json_decref(detail);
	return rc;
}

int
kmc_unlock_work(struct kmc *k, const struct signed_statement *in,
    unsigned char answer[UNLOCK_ANSWER], int64_t *expires, struct err *err)
{
	struct unlocking	 u = {.in = in, .order = "", .serial = ""};
	unsigned char		 key[UNLOCK_KEY];
	int			 rc = -1;

	if (unlock_parse(&u, err) == 0 && key_officer_check(k, u.statement, "officer", in,
	    &in->first, KEY_OFFICER_UNLOCK, NULL, err) == 0 &&
	    device_key_load(k, u.serial, key, err) == 0 &&
	    kmc_write(k, unlock_keep, &u, err) == 0) {
		unlock_answer(key, u.serial, u.bytes, u.order, u.expires, answer);
		*expires = u.expires;
		rc = 0;
	} else if (err->kind != ERR_STORE && err->kind != ERR_BUSY) {
		journal_note(k->store, "unlock.refused", json_pack("{s:s,s:s,s:s}", "order", u.order,
		    "officer", js_str(u.statement, "officer"), "why", err->text));
	}
	secret_wipe(key, sizeof(key));
	json_decref(u.statement);
	return rc;
}
