#ifndef TEST_GATE_OUTSIDE_H
#define TEST_GATE_OUTSIDE_H
#include "gate/work.h"
/*
 * A gate with a store of its own, the real sandbox as a child process, and a small web server
 * that hands notifications to notify_take.  Facts are counted.
 */
struct outside {
	struct gate	 gate;
	struct store	*store;
	struct seal	*seal;
	char		 sandbox[64];		/* http://127.0.0.1:port */
	/* What the sink heard, since outside_forget; under lock. */
	pthread_mutex_t	 lock;
	char		 trade[33];		/* payments of others do not count */
	int		 payments, created, refunds, identities, notices;
	int		 paid;			/* payments with PAY_PAID */
	char		 qr[4096];
	enum pay_state	 pay;
	int64_t		 fen, wanted;
	enum fact_source source;
	char		 channel_trade_no[80];
	bool		 ok;
	enum refund_state refund;
	enum ident_result ident;
	char		 certify_id[128], url[1024], code[96], sentence[400];
	enum notice_state notice;
	int		 invoices, files, parcels;
	enum invoice_state invoice;
	bool		 reversal;
	int64_t		 tax, signed_at;
	char		 number[48], red_number[48], file[8], waybill[40];
	enum express_what express;
	size_t		 n_routes;
	int		 remittances, bills;
	enum remit_state remit;
	char		 reason[200], bank_no[80];
	size_t		 bill_rows, bill_back;	/* of the newest statement with rows of ours */
	bool		 refuse;		/* payment callback fails */
};
extern struct outside	out;

/* The engines: 1, or 2 when YINXIN_TEST_PG names a database.  outside_engine(0) is in force
 * at first and must be so again at the end of a test. */
int	 outside_engines(void);
void	 outside_engine(int n);
/* A store and a data key of its own below data.dir/<name>, for a gate process. */
void	 outside_private(const char *name);

void	 outside_forget(void);
/* Put a row; json: {'k':'v'} with single quotes, printf-like. */
void	 outside_put(const char *kind, const char *key, const char *json, ...) PRINTF(3, 4);
/* Work all rows that are due now. */
void	 outside_work(void);
/* The sandbox's control API; body with single quotes or NULL for GET.  json_decref. */
json_t	*outside_control(const char *path, const char *body, ...) PRINTF(2, 3);
void	 outside_fault(const char *api, const char *what, int value);
/* Wait until the sandbox has logged n notifications of a trade; gives how many were ok. */
int	 outside_notified(const char *trade, int n);
/* "waiting", "done" … of a row. */
void	 outside_state(const char *key, char state[32]);
/* POST raw bytes as a notification, as the web process would; gives the status. */
int	 outside_deliver(const char *channel, const json_t *headers, const char *body,
	    size_t len, char answer[128]);
const char *outside_no(const char *prefix, char no[33]);
#endif
