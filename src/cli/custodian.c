#include "base/base.h"
#include "base/file.h"
#include "base/passphrase.h"
#include "cli/custodian.h"
#include "token/ukey_share.h"

int
custodian_read(const struct yaml_doc *doc, const struct yaml *row, struct custodian *c,
    struct err *err)
{
	static const char *const known[] = {"name", "file", "ukey", "pin", NULL};

	if (row->kind != YAML_MAP)
		return yaml_err(doc, row, err, "a custodian has a name, and a file or a ukey");
	if (yaml_keys(doc, row, known, err) < 0 ||
	    yaml_text(doc, row, "name", NULL, &c->name, err) < 0 ||
	    yaml_text(doc, row, "file", "", &c->file, err) < 0 ||
	    yaml_text(doc, row, "ukey", "", &c->ukey, err) < 0 ||
	    yaml_text(doc, row, "pin", "", &c->pin_file, err) < 0)
		return -1;
	if ((c->file[0] == '\0') == (c->ukey[0] == '\0'))
		return yaml_err(doc, row, err, "a custodian has a file, or the serial number of a "
		    "ukey");
	if (strlen(c->name) >= sizeof(c->share.custodian))
		return yaml_err(doc, row, err, "the name is too long");
	return 0;
}

int
custodian_pin(struct custodian *c, struct err *err)
{
	char	*what = xasprintf("PIN of %s", c->name);
	int	 rc = passphrase_read(c->pin_file[0] == '\0' ? NULL : c->pin_file, what, &c->pin, err);

	free(what);
	return rc;
}

/* The custodian's UKey, with the PIN given; ukey_close it. */
static int
custodian_ukey(struct custodian *c, struct driver *d, struct ukey *u, struct err *err)
{
	int	 left;

	if (d == NULL)
		return err_set(err, ERR_INPUT, "the script names no driver for the UKey of %s", c->name);
	if (ukey_by_serial(d, c->ukey, u, err) < 0)
		return -1;
	if (ukey_login(u, (const char *)c->pin.p, &left, err) == 0)
		return 0;
	ukey_close(u);
	return -1;
}

int
custodian_check_empty(struct custodian *c, struct driver *d, struct err *err)
{
	struct ukey	 u;
	int		 rc;

	if (c->file[0] != '\0')
		return file_exists(c->file) ? err_set(err, ERR_CONFLICT, "%s is there already",
		    c->file) : 0;
	if (custodian_ukey(c, d, &u, err) < 0)
		return err_add(err, "%s", c->name);
	rc = ukey_share_check(&u, err);
	ukey_close(&u);
	return rc < 0 ? err_add(err, "%s", c->name) : 0;
}

int
custodian_keep(struct custodian *c, struct driver *d, struct err *err)
{
	struct buf	 text;
	struct ukey	 u;
	int		 rc;

	buf_init(&text, c->file[0] != '\0' ? SHARE_FILE_MAX : UKEY_SHARE_MAX);
	if ((rc = share_seal(&c->share, &c->pin, &text, err)) == 0 && c->file[0] != '\0') {
		rc = file_write(c->file, text.p, text.len, 0600, err);
	} else if (rc == 0 && (rc = custodian_ukey(c, d, &u, err)) == 0) {
		rc = ukey_share_put(&u, &text, err);
		ukey_close(&u);
	}
	secret_wipe(&c->share, sizeof(c->share));
	buf_free(&text);
	return rc == 0 ? custodian_open(c, d, err) : err_add(err, "%s", c->name);
}

int
custodian_open(struct custodian *c, struct driver *d, struct err *err)
{
	struct buf	 text;
	struct ukey	 u;
	int		 rc;

	buf_init(&text, SHARE_FILE_MAX);
	if (c->file[0] != '\0') {
		rc = file_read(c->file, &text, err);
	} else if ((rc = custodian_ukey(c, d, &u, err)) == 0) {
		rc = ukey_share_get(&u, &text, err);
		ukey_close(&u);
	}
	if (rc == 0)
		rc = share_open(text.p, text.len, &c->pin, &c->share, err);
	buf_free(&text);
	return rc < 0 ? err_add(err, "%s", c->file[0] != '\0' ? c->file : c->name) : 0;
}

void
custodian_release(struct custodian *c)
{
	secret_free(&c->pin);
	secret_wipe(&c->share, sizeof(c->share));
}
