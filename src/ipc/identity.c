#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "ipc/frame.h"

#include <openssl/evp.h>

static const struct {
	enum ipc_role	 role;
	const char	*name;
} identity_roles[] = {
	{IPC_WEB, "web"}, {IPC_SIGNER, "signer"}, {IPC_KMC, "kmc"}, {IPC_VA, "va"},
	{IPC_GATE, "gate"}, {IPC_DOC, "doc"}, {IPC_ADMIN, "admin"},
};

static char	identity_made[ARRAY_LEN(identity_roles)][TOKEN_TEXT];	/* supervisor only */

const char *
ipc_role_name(enum ipc_role role)
{
	for (size_t i = 0; i < ARRAY_LEN(identity_roles); i++)
		if (identity_roles[i].role == role)
			return identity_roles[i].name;
	return "?";
}

enum ipc_role
ipc_role_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(identity_roles); i++)
		if (strcmp(identity_roles[i].name, name) == 0)
			return identity_roles[i].role;
	return 0;
}

static void
token_digest(const char *token, char hex[TOKEN_TEXT])
{
	unsigned char	 digest[32];

	if (EVP_Digest(token, strlen(token), digest, NULL, EVP_sm3(), NULL) != 1)
		BUG("SM3 failed");
	hex_encode(digest, sizeof(digest), hex);
}

void
ipc_make_tokens(void)
{
	struct err	 err = {0};
	char		*path = xasprintf("%s/admin.token", conf_path("run.dir"));

	for (size_t i = 0; i < ARRAY_LEN(identity_roles); i++)
		rand_token(identity_made[i], TOKEN_TEXT - 1);
	if (file_write(path, identity_made[ARRAY_LEN(identity_roles) - 1], TOKEN_TEXT - 1, 0600,
	    &err) < 0)
		log_err("ipc.admin_token", &err);
	free(path);
}

void
ipc_export_identity(enum ipc_role role)
{
	char		 hex[TOKEN_TEXT];
	struct buf	 b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < ARRAY_LEN(identity_roles); i++) {
		token_digest(identity_made[i], hex);
		buf_addf(&b, "%s:%s,", identity_roles[i].name, hex);
		if (identity_roles[i].role == role)
			setenv("YINXIN_IPC_TOKEN", identity_made[i], 1);
	}
	setenv("YINXIN_IPC_PEERS", b.p, 1);
	buf_free(&b);
}

/* From the environment, or for the command line from the administrator's file. */
static const char *
token_load(void)
{
	static _Thread_local char	 token[TOKEN_TEXT];
	const char			*env = getenv("YINXIN_IPC_TOKEN");
	struct err			 err = {0};
	struct buf			 b;
	char				*path;

	if (env != NULL)
		return env;
	path = xasprintf("%s/admin.token", conf_path("run.dir"));
	buf_init(&b, TOKEN_TEXT);
	token[0] = '\0';
	if (file_read(path, &b, &err) == 0)
		snprintf(token, sizeof(token), "%s", b.p);
	secret_wipe(b.p, b.len);
	buf_free(&b);
	free(path);
	return token;
}

const char *
identity_token(void)
{
	return token_load();
}

bool
identity_is(enum ipc_role role, const char *token)
{
	const char	*peers = getenv("YINXIN_IPC_PEERS"), *p;
	char		 hex[TOKEN_TEXT], want[24];

	if (peers == NULL)
		return false;
	snprintf(want, sizeof(want), "%s:", ipc_role_name(role));
	if ((p = strstr(peers, want)) == NULL || (p != peers && p[-1] != ','))
		return false;
	token_digest(token, hex);
	p += strlen(want);
	return strlen(p) >= 64 && secret_equal(p, 64, hex, 64);
}
