#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "ipc/frame.h"

#include <openssl/evp.h>
#include <sys/socket.h>
#include <sys/stat.h>

static const struct {
	enum ipc_role	 role;
	const char	*name;
} identity_roles[] = {
	{IPC_WEB, "web"}, {IPC_SIGNER, "signer"}, {IPC_KMC, "kmc"}, {IPC_VA, "va"},
	{IPC_GATE, "gate"}, {IPC_DOC, "doc"}, {IPC_ENROL, "enrol"}, {IPC_ADMIN, "admin"},
};

#define USERS_MAX	16		/* user ids after run.user_base that are ours */

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

/* ---- user ids ---- */

/* Started as root the services have users of their own: run.user_base and what follows. */
static uid_t
uid_of_role(enum ipc_role role)
{
	uid_t	 uid = (uid_t)conf_int("run.user_base");

	for (unsigned int bit = role; bit > 1; bit >>= 1)
		uid++;
	return uid;
}

static bool
uid_is_service(uid_t uid)
{
	uid_t	 base = (uid_t)conf_int("run.user_base");

	return uid >= base && uid < base + USERS_MAX;
}

/* The kernel's word: who connected, or on the asking side who began to listen. */
static bool
uid_of_peer(int fd, uid_t *uid)
{
	struct ucred	 cred;
	socklen_t	 len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	*uid = cred.uid;
	return true;
}

bool
identity_is_ours(int fd)
{
	uid_t	 uid, me = geteuid();

	return uid_of_peer(fd, &uid) &&
	    (uid == 0 || uid == me || (uid_is_service(me) && uid_is_service(uid)));
}

bool
identity_uid_fits(int fd, enum ipc_role role)
{
	uid_t	 uid, me = geteuid();

	if (!uid_of_peer(fd, &uid))
		return false;
	if (!uid_is_service(me))
		return uid == me || uid == 0;	/* one user for all */
	return uid == (role == IPC_ADMIN ? 0 : uid_of_role(role));
}

bool
identity_serves(int fd, const char *service)
{
	enum ipc_role	 role = ipc_role_by_name(service);
	struct stat	 st;
	uid_t		 uid;

	if (!uid_of_peer(fd, &uid))
		return false;
	if (uid == 0 || uid == geteuid() || (role != 0 && uid == uid_of_role(role)))
		return true;
	/* root at the command line of a site that runs as an ordinary user */
	return geteuid() == 0 && stat(conf_path("run.dir"), &st) == 0 && st.st_uid == uid;
}
