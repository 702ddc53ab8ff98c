#ifndef MADE_H
#define MADE_H
#include "world.h"
#include "hall/medium/medium.h"
#include "hall/order/order_row.h"
/* An order that is done, with a certificate in a UKey, for what comes after. */

#define UKEY		"YX0001"

struct made {
	struct world	*w;
	const char	*no, *ukey;
	const char	*drop;		/* a field of the form that is not there */
	bool		 no_mail;
	char		 serial[65];
};

static inline int
make_done(struct db *db, void *arg, struct err *err)
{
	struct made		*m = arg;
	struct order		 o = {0};
	unsigned char		 point[SM2_POINT_LEN];
	struct cert		*c = NULL;
	const unsigned char	*der = NULL;
	size_t			 len = 0;
	int			 rc = -1;

	if (order_load(db, m->w->h, m->no, &o, err) < 0 ||
	    sm2_point(m->w->officer_key, point, err) < 0)
		goto out;
	c = world_issue(m->w, "sm2-org-sign", "单位", point, false, false);
	der = cert_der(c, &len);
	(void)snprintf(m->serial, sizeof(m->serial), "%s", cert_serial(c));
	o.state = ORDER_DONE;
	(void)json_object_del(o.form, m->drop);
	if (m->no_mail)
		(void)json_object_del(o.form, "agent_mail");
	if (order_save(db, m->w->h, &o, err) == 0 && medium_bind(db, m->w->h, &m->w->me, &o, m->ukey, err) == 0 &&
	    medium_of_order_move(db, &m->w->me, o.id, MEDIUM_WRITE, "", err) == 0)
		rc = db_run(db, SQL_CERTIFICATE_INSERT, NULL, err, DB_INT(o.id),
		    DB_TEXT("sign"), DB_INT(o.account), DB_TEXT(m->serial), DB_TEXT("单位"),
		    DB_INT(cert_not_before(c)), DB_INT(cert_not_after(c)), DB_BLOB(der, len),
		    DB_INT(clock_now()));
 out:
	cert_free(c);
	order_release(&o);
	return rc;
}

static inline void
make(struct made *m, const char *name)
{
	struct err	 err = {0};
	char		 no[ORDER_NO];

	m->no = no;
	world_order(m->w, name, "download", no);
	assert_ok(store_write(m->w->store, make_done, m, &err));
	m->no = NULL;
}

static inline struct made
certificate_of(struct world *w, const char *name, const char *ukey, const char *drop)
{
	struct made	m = {.w = w, .ukey = ukey, .drop = drop};

	make(&m, name);
	return m;
}
#endif
