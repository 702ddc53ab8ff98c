#include "base/base.h"
#include "hall/blob.h"

#include "base/clock.h"
#include "hall/digest.h"
#include "hall/sealed.h"

int
blob_put(struct db *db, const struct hall *h, const void *p, size_t len, char name[BLOB_NAME],
    struct err *err)
{
	struct buf	sealed = {0};
	char		plain[SM3_TEXT];
	int		rc = -1;

	/* A keyed digest: who sees the store alone cannot test whether he knows a picture. */
	digest_sm3_text(p, len, plain);
	keyed(h, "blob", plain, name);
	buf_init(&sealed, len + 1024);
	if (sealed_put(h, "blob.body", p, len, &sealed, err) == 0)
		rc = db_run(db, SQL_BLOB_PUT, NULL, err, DB_TEXT(name),
		    DB_BLOB(sealed.p, sealed.len), DB_INT((int64_t)len), DB_INT(clock_now()));
	buf_free(&sealed);
	return rc;
}

int
blob_get(struct db *db, const struct hall *h, const char *name, struct buf *out,
    struct err *err)
{
	struct rows	*rows = NULL;
	const void	*p = NULL;
	size_t		 len = 0;
	int		 rc = -1;

	buf_clear(out);
	if (db_one(db, SQL_BLOB_GET, &rows, err, DB_TEXT(name)) == 0) {
		p = rows_blob(rows, 0, &len);
		rc = sealed_get(h, "blob.body", p, len, out, err);
	}
	rows_free(rows);
	return rc;
}

int
blob_leave(struct db *db, const char *name, struct err *err)
{
	return *name == '\0' ? 0 : db_run(db, SQL_BLOB_LEAVE, NULL, err, DB_TEXT(name),
	    DB_INT(clock_now()));
}

/* A content that came back meanwhile has a new time (blob_put) or somebody who has it. */
int
blob_tick(struct db *db, int64_t now, struct err *err)
{
	if (db_run(db, SQL_BLOB_SWEEP, NULL, err, DB_INT(now - BLOB_KEPT)) < 0)
		return -1;
	return db_run(db, SQL_BLOB_LEFT_SWEEP, NULL, err, DB_INT(now - BLOB_KEPT));
}
