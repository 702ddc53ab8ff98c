#include "base/base.h"
#include "gate/message.h"
#include "base/conf.h"

#define SMS(name)	extern const struct sms_provider sms_##name;
#include "gate/sms.def"
#undef SMS
#define MAIL(name)	extern const struct mail_provider mail_##name;
#include "gate/mail.def"
#undef MAIL

const struct sms_provider *const sms_providers[] = {
#define SMS(name)	&sms_##name,
#include "gate/sms.def"
#undef SMS
	NULL
};

const struct mail_provider *const mail_providers[] = {
#define MAIL(name)	&mail_##name,
#include "gate/mail.def"
#undef MAIL
	NULL
};

/* The setting's choices are the rows of the table. */
const struct sms_provider *
sms_provider(void)
{
	for (size_t i = 0; sms_providers[i] != NULL; i++)
		if (strcmp(sms_providers[i]->name, conf_str("gate.sms")) == 0)
			return sms_providers[i];
	BUG("no SMS provider %s", conf_str("gate.sms"));
}

const struct mail_provider *
mail_provider(void)
{
	for (size_t i = 0; mail_providers[i] != NULL; i++)
		if (strcmp(mail_providers[i]->name, conf_str("gate.mail")) == 0)
			return mail_providers[i];
	BUG("no mail provider %s", conf_str("gate.mail"));
}
