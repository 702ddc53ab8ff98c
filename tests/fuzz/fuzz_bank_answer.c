/* Answers of the bank's direct link: as they come, and as they stand inside the cipher. */
#include "base/base.h"
#include "base/conf.h"
#include "base/str.h"
#include "gate/cmb.h"
#include <openssl/evp.h>

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

#define BLOCK	16

/* What the bank would have sent for this text. */
static void
seal(const uint8_t *p, size_t len, struct buf *data)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	unsigned char	*text = malloc(len + BLOCK), iv[BLOCK];
	int		 n = 0, last = 0;

	memset(iv, '0', sizeof(iv));
	memcpy(iv, conf_str("gate.bank_uid"), CMB_UID);
	assert(EVP_EncryptInit_ex2(ctx, EVP_sm4_cbc(),
	    (const unsigned char *)conf_str("gate.bank_sm4"), iv, NULL) == 1);
	assert(EVP_EncryptUpdate(ctx, text, &n, p, (int)len) == 1);
	assert(EVP_EncryptFinal_ex(ctx, text + n, &last) == 1);
	base64_add(data, text, (size_t)(n + last));
	free(text);
	EVP_CIPHER_CTX_free(ctx);
}

/* Nobody here has the bank's key: nothing may open, and each refusal says why. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static bool	 ready;
	struct err	 err = {0};
	struct buf	 data;
	json_t		*j = NULL;

	if (!ready && conf_load(NULL, &err) < 0)
		abort();
	ready = true;
	buf_init(&data, 256 * 1024);
	if (len > 0 && p[0] == 'R')
		buf_add(&data, p + 1, len - 1);
	else
		seal(p, len, &data);
	assert(cmb_open(data.len == 0 ? "" : data.p, data.len, &j, &err) < 0);
	assert(err.text[0] != '\0' && j == NULL);
	buf_free(&data);
	return 0;
}
