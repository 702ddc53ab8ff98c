#include "base/base.h"
#include "token/skf.h"
#include "token/ukey_share.h"

#define SHARE_FILE	"YXSHARE"

static const struct card_file	share_file = {.name = SHARE_FILE, .size = UKEY_SHARE_MAX,
	.secret = true};

/* Open the device of this line when it has the serial number: 1, 0. */
static int
ukey_try(struct driver *d, const char *name, const char *serial, struct ukey *u,
    struct buf *seen)
{
	struct err	 none = {0};

	if (ukey_open(u, d, name, &none) < 0)
		return 0;
	if (strcmp(u->info.serial, serial) == 0)
		return 1;
	buf_addf(seen, "%s%s", seen->len == 0 ? "" : ", ", u->info.serial);
	ukey_close(u);
	return 0;
}

int
ukey_by_serial(struct driver *d, const char *serial, struct ukey *u, struct err *err)
{
	struct buf	 names, seen;
	char		*at, *next;
	int		 rc;

	buf_init(&names, 65536);
	buf_init(&seen, 4096);
	rc = ukey_names(d, &names, err);
	if (rc == 0 && names.p != NULL)
		for (at = names.p; rc == 0 && *at != '\0'; at = next) {
			next = at + strcspn(at, "\n");
			if (*next != '\0')
				*next++ = '\0';
			rc = ukey_try(d, at, serial, u, &seen);
		}
	if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "the UKey %.40s is not plugged in (%s)", serial,
		    seen.len == 0 ? "there is none" : seen.p);
	buf_free(&names);
	buf_free(&seen);
	return rc < 0 ? -1 : 0;
}

int
ukey_share_get(struct ukey *u, struct buf *text, struct err *err)
{
	uint32_t	 rc = u->driver->ops->file_read(u->driver, u->app, &share_file, text);

	if (rc == SAR_FILE_NOT_EXIST)
		return err_set(err, ERR_NOT_FOUND, "the UKey %s holds no share", u->info.serial);
	if (rc != SAR_OK)
		return driver_err(err, rc, "ReadFile");
	text->len = strnlen(text->p, text->len);	/* filled up with zeros */
	return buf_check(text, err);
}

int
ukey_share_check(struct ukey *u, struct err *err)
{
	struct buf	 text;
	uint32_t	 rc;

	buf_init(&text, UKEY_SHARE_MAX);
	rc = u->driver->ops->file_read(u->driver, u->app, &share_file, &text);
	buf_free(&text);
	if (rc == SAR_FILE_NOT_EXIST)
		return 0;
	return rc == SAR_OK ? err_set(err, ERR_CONFLICT, "the UKey %s holds a share already: it is "
	    "never overwritten", u->info.serial) : driver_err(err, rc, "ReadFile");
}

int
ukey_share_put(struct ukey *u, const struct buf *text, struct err *err)
{
	uint32_t	 rc;

	if (ukey_share_check(u, err) < 0)
		return -1;
	rc = u->driver->ops->file_write(u->driver, u->app, &share_file, text->p, text->len);
	if (rc == SAR_NO_ROOM)
		return err_set(err, ERR_LIMIT, "the UKey %s has no room for a share",
		    u->info.serial);
	return rc == SAR_OK ? 0 : driver_err(err, rc, "WriteFile");
}
