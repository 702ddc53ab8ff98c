#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H
/*
 * The named maxima.  Everything sized by a stranger is bounded by one of these.
 * Sizes in bytes, times in milliseconds unless the name says otherwise.
 */
#define LIMIT_ERR_TEXT		600		/* one error sentence */
#define LIMIT_HTTP_HEADER	(16 * 1024)	/* request line and headers together */
#define LIMIT_HTTP_HEADERS	64		/* header fields in a request */
#define LIMIT_HTTP_BODY		(256 * 1024)	/* default for a form post */
#define LIMIT_UPLOAD		(20 * 1024 * 1024) /* a large phone photo */
#define LIMIT_FORM_FIELDS	200		/* fields in one form */
#define LIMIT_JSON		(1024 * 1024)	/* a JSON document from outside */
#define LIMIT_JSON_DEPTH	32
#define LIMIT_FRAME		(32 * 1024 * 1024) /* one message between our processes */
#define LIMIT_CSR		8192
#define LIMIT_CERT		16384
#define LIMIT_PAGE		(4 * 1024 * 1024) /* one rendered page */
#define LIMIT_ARENA		(64 * 1024 * 1024) /* memory of one web request */
#define LIMIT_IMAGE_PIXELS	40000000	/* width times height before decoding */
#define LIMIT_CONF_FILE		(256 * 1024)
#define LIMIT_HALL_FILE		(1024 * 1024)
#define LIMIT_SQL_PARAMS	64
#endif
