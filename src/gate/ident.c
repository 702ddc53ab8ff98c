#include "base/base.h"
#include "gate/ident.h"
#include "base/conf.h"

#define IDENT(name)	extern const struct ident_provider ident_##name;
#include "gate/ident.def"
#undef IDENT

const struct ident_provider *const ident_providers[] = {
#define IDENT(name)	&ident_##name,
#include "gate/ident.def"
#undef IDENT
	NULL
};

const struct ident_provider *
ident_provider(void)
{
	for (size_t i = 0; ident_providers[i] != NULL; i++)
		if (strcmp(ident_providers[i]->name, conf_str("gate.ident")) == 0)
			return ident_providers[i];
	BUG("no identity provider %s", conf_str("gate.ident"));
}

const char *
ident_sentence(enum ident_result result)
{
	static const char *const sentences[] = {
		[IDENT_CONSISTENT] = "",
		[IDENT_INCONSISTENT] = "姓名、身份证号与手机号不一致，请核对后修改。",
		[IDENT_NO_RECORD] = "暂时查不到您的信息，请改用人工核验，或联系客服。",
		[IDENT_INVALID_INPUT] = "填写的信息格式有误，请核对姓名、身份证号和手机号。",
		[IDENT_BUSY] = "核验服务暂时繁忙，请过几分钟再试。",
		[IDENT_LIMITED] = "今天核验次数过多，请明天再试，或改用人工核验。",
		[IDENT_STARTED] = "",
		[IDENT_PENDING] = "请在手机上完成人脸核验。",
		[IDENT_EXPIRED] = "人脸核验已超时，请重新扫码。",
	};

	return sentences[result];
}
