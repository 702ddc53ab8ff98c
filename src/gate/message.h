#ifndef GATE_MESSAGE_H
#define GATE_MESSAGE_H
#include "base/json.h"
#include "gate/reply.h"
/*
 * Providers of SMS and mail: sms_<name>.c with SMS(name) in sms.def, mail_<name>.c with
 * MAIL(name) in mail.def.  provider_no of the reply is the provider's message id.
 */
struct sms {
	const char	*phone;
	const char	*template;	/* the provider's template code */
	const json_t	*params;	/* object of strings */
	const char	*out_id;	/* our outbox id */
};
struct sms_provider {
	const char	*name;
	/* MUST answer RETRY only when the message certainly did not leave. */
	enum verdict	(*send)(const struct sms *m, struct reply *r);
	/*
	 * Delivery reports as the provider pushes them: [{"id" (out_id),"arrived","code"}].  They
	 * bear no signature; who knows the address and the id of a message is believed. ERR_INPUT.
	 */
	int		(*reports)(const void *body, size_t len, json_t **list, struct err *err);
	const char	*report_taken;		/* what the provider wants to hear */
};

#define MAIL_FILE	(512 * 1024)
struct mail {
	const char	*to;
	const char	*subject;
	const char	*text;
	const char	*html;		/* NULL: text only */
	const char	*file_name;	/* NULL: no attachment */
	const char	*file_type;	/* "application/pdf" */
	const void	*file;
	size_t		 file_len;	/* at most MAIL_FILE */
	const char	*id;		/* our outbox id, becomes the Message-ID */
	int64_t		 created;	/* ms, becomes the Date */
};
struct mail_provider {
	const char	*name;
	/* Repeated with the same id: receivers know it again. */
	enum verdict	(*send)(const struct mail *m, struct reply *r);
};

extern const struct sms_provider *const sms_providers[];	/* end with NULL */
extern const struct mail_provider *const mail_providers[];
/* The one named by the settings gate.sms and gate.mail. */
const struct sms_provider	*sms_provider(void);
const struct mail_provider	*mail_provider(void);

/* One address: a@b, no blank, bracket, comma or control byte, at most 254 bytes. */
bool	mail_address_is_plain(const char *address);
/* The whole message with CRLF lines (RFC 5322, 2045 to 2047).  ERR_INPUT. */
NODISCARD int	mail_compose(const struct mail *m, const char *from, const char *from_name,
		    struct buf *out, struct err *err);
/* Text of a header as encoded words, folded (RFC 2047); CR, LF and other controls become
 * blanks. */
void	mail_encode_word(const char *text, struct buf *out);
#endif
