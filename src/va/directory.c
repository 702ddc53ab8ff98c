#include "base/base.h"
#include "base/conf.h"
#include "va/directory.h"

#define WAIT_SECONDS	10

static int
directory_err(struct directory *d, int rc, const char *what, struct err *err)
{
	switch (rc) {
	case LDAP_OBJECT_CLASS_VIOLATION:
	case LDAP_INVALID_SYNTAX:
	case LDAP_CONSTRAINT_VIOLATION:
	case LDAP_NAMING_VIOLATION:
	case LDAP_INVALID_DN_SYNTAX:
	case LDAP_UNDEFINED_TYPE:
		return err_set(err, ERR_INPUT, "%s: %s", what, ldap_err2string(rc));
	default:
		directory_close(d);
		return err_set(err, ERR_GATEWAY, "%s: %s", what, ldap_err2string(rc));
	}
}

static void
directory_options(LDAP *ld)
{
	const struct timeval	 wait = {.tv_sec = WAIT_SECONDS};
	const int		 version = LDAP_VERSION3;

	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &wait);
	ldap_set_option(ld, LDAP_OPT_TIMEOUT, &wait);
	ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	if (conf_str("va.ldap.tls_ca")[0] != '\0') {
		const int	 server = 0, demand = LDAP_OPT_X_TLS_DEMAND;

		ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, conf_path("va.ldap.tls_ca"));
		ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
		ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &server);
	}
}

int
directory_open(struct directory *d, struct err *err)
{
	const char	*url = conf_str("va.ldap.url"), *password = conf_str("va.ldap.password");
	struct berval	*credentials;
	int		 rc;

	if (d->ld != NULL)
		return 0;
	if ((rc = ldap_initialize(&d->ld, url)) != LDAP_SUCCESS)
		return directory_err(d, rc, url, err);
	directory_options(d->ld);
	credentials = ber_mem2bv(password, strlen(password), 1, NULL);
	rc = ldap_sasl_bind_s(d->ld, conf_str("va.ldap.bind_dn"), LDAP_SASL_SIMPLE, credentials,
	    NULL, NULL, NULL);
	ber_bvfree(credentials);
	return rc == LDAP_SUCCESS ? 0 : directory_err(d, rc, url, err);
}

void
directory_close(struct directory *d)
{
	if (d->ld != NULL)
		ldap_unbind_ext_s(d->ld, NULL, NULL);
	d->ld = NULL;
}

/* What libldap wants to be told: an array of pointers to arrays of pointers. */
struct changes {
	struct berval	 value[DIRECTORY_VALUES];
	struct berval	*values[DIRECTORY_VALUES][2];
	char		*classes[5];
	LDAPMod		 mod[DIRECTORY_VALUES + 1];
	LDAPMod		*mods[DIRECTORY_VALUES + 2];
};

/* libldap takes names and values without const; it does not write them. */
static void *
unconst(const void *p)
{
	return (void *)(uintptr_t)p;
}

/* Adding says the classes too; changing does not, and leaves the entry's name alone. */
static void
changes_make(struct changes *c, const struct directory_entry *e, bool add)
{
	size_t	 n = 0;

	*c = (struct changes){0};
	for (; e->values[n].attribute != NULL && n < DIRECTORY_VALUES; n++) {
		const struct directory_value	*v = &e->values[n];

		c->value[n] = (struct berval){.bv_len = v->len, .bv_val = unconst(v->p)};
		c->values[n][0] = &c->value[n];
		c->mod[n].mod_op = (add ? LDAP_MOD_ADD : LDAP_MOD_REPLACE) | LDAP_MOD_BVALUES;
		c->mod[n].mod_type = unconst(v->attribute);
		c->mod[n].mod_bvalues = c->values[n];
		c->mods[n] = &c->mod[n];
	}
	if (!add)
		return;
	for (size_t i = 0; i < ARRAY_LEN(e->classes) && e->classes[i] != NULL; i++)
		c->classes[i] = unconst(e->classes[i]);
	c->mod[n] = (LDAPMod){.mod_op = LDAP_MOD_ADD, .mod_type = unconst("objectClass"),
	    .mod_values = c->classes};
	c->mods[n] = &c->mod[n];
}

int
directory_put(struct directory *d, const struct directory_entry *e, struct err *err)
{
	struct changes	 c;
	int		 rc;

	changes_make(&c, e, true);
	rc = ldap_add_ext_s(d->ld, e->dn, c.mods, NULL, NULL);
	if (rc == LDAP_ALREADY_EXISTS) {
		changes_make(&c, e, false);
		rc = ldap_modify_ext_s(d->ld, e->dn, c.mods, NULL, NULL);
	}
	return rc == LDAP_SUCCESS ? 0 : directory_err(d, rc, e->dn, err);
}

int
directory_drop(struct directory *d, const char *dn, struct err *err)
{
	int	 rc = ldap_delete_ext_s(d->ld, dn, NULL, NULL);

	return rc == LDAP_SUCCESS || rc == LDAP_NO_SUCH_OBJECT ? 0 :
	    directory_err(d, rc, dn, err);
}
