#include "base/base.h"
#include "base/file.h"
#include "base/passphrase.h"
#include "base/rand.h"
#include "base/str.h"
#include "main/assistant_command.h"
#include "pki/cert.h"
#include "token/soft.h"
#include "token/softkey.h"

/* The value of --NAME, or dflt. */
static const char *
option(int argc, char **argv, const char *name, const char *dflt)
{
	for (int i = 0; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return dflt;
}

/* A PIN from the file named by an option, or asked for; never from the arguments. */
static int
option_pin(int argc, char **argv, const char *name, const char *what, struct secret *pin,
    struct err *err)
{
	if (passphrase_read(option(argc, argv, name, NULL), what, pin, err) < 0)
		return -1;
	if (pin->len > SOFTKEY_PIN_MAX || memchr(pin->p, '\0', pin->len) != NULL)
		return err_set(err, ERR_INPUT, "%s: at most %d characters", what, SOFTKEY_PIN_MAX);
	return 0;
}

static void
pin_text(const struct secret *pin, char text[SOFTKEY_PIN_MAX + 1])
{
	memcpy(text, pin->p, pin->len);
	text[pin->len] = '\0';
}

static int
command_make_key(int argc, char **argv, struct err *err)
{
	const char	*label = option(argc, argv, "--label", "UKey");
	char		 serial[20], user[SOFTKEY_PIN_MAX + 1], boss[SOFTKEY_PIN_MAX + 1];
	struct secret	 pin = {0}, admin = {0};
	int64_t		 tries;
	int		 rc = -1;

	if (argc < 2 || argv[1][0] == '-' ||
	    str_to_i64(option(argc, argv, "--tries", "9"), 99, &tries) < 0 || tries < 1)
		return err_set(err, ERR_INPUT, "make-key: a PATH, tries of 1 to 99");
	snprintf(serial, sizeof(serial), "YX");
	rand_digits(serial + 2, 14);
	if (option_pin(argc, argv, "--pin-file", "PIN", &pin, err) == 0 &&
	    option_pin(argc, argv, "--admin-pin-file", "administrator's PIN", &admin, err) == 0) {
		pin_text(&pin, user);
		pin_text(&admin, boss);
		rc = softkey_format(argv[1], label, option(argc, argv, "--serial", serial), user,
		    boss, (int)tries, err);
		secret_wipe(user, sizeof(user));
		secret_wipe(boss, sizeof(boss));
	}
	secret_free(&pin);
	secret_free(&admin);
	return rc;
}

/* The device key from a file (yinxin kmc device-key) into a key of this house. */
static int
command_personalise(int argc, char **argv, struct err *err)
{
	const char	*file = option(argc, argv, "--device-key-file", NULL);
	char		 boss[SOFTKEY_PIN_MAX + 1];
	unsigned char	 device[UNLOCK_KEY];
	struct secret	 admin = {0};
	struct buf	 hex;
	int		 rc = -1;

	if (argc < 2 || argv[1][0] == '-' || file == NULL)
		return err_set(err, ERR_INPUT, "personalise: a PATH and --device-key-file");
	buf_init(&hex, 2 * UNLOCK_KEY + 1);
	if (file_read(file, &hex, err) < 0)
		goto out;
	if (hex_decode(hex.p, device, sizeof(device)) < 0)
		err_set(err, ERR_INPUT, "%s is no device key", file);
	else if (option_pin(argc, argv, "--admin-pin-file", "administrator's PIN", &admin,
	    err) == 0) {
		pin_text(&admin, boss);
		rc = softkey_personalise(argv[1], boss, device, err);
		secret_wipe(boss, sizeof(boss));
	}
 out:
	secret_wipe(device, sizeof(device));
	secret_wipe(hex.p, hex.len);
	secret_free(&admin);
	buf_free(&hex);
	return rc;
}

/* One key by --driver and --key (a device name; for the software UKey its path). */
static int
command_with(int argc, char **argv, keys_fn fn, json_t *in, json_t *out, struct err *err)
{
	struct assistant	 a = {.n_drivers = 1};
	const char		*key = option(argc, argv, "--key", "");
	char			 text[SOFTKEY_PIN_MAX + 1];
	struct secret		 pin = {0};

	a.drivers[0] = option(argc, argv, "--driver", NULL);
	if (a.drivers[0] == NULL)
		return err_set(err, ERR_INPUT, "--driver LIBRARY is needed");
	if (option_pin(argc, argv, "--pin-file", "PIN", &pin, err) < 0) {
		secret_free(&pin);
		return -1;
	}
	if (key[0] != '\0')
		setenv("YINXIN_SOFTKEY", key, 1);
	pin_text(&pin, text);
	js_set_str(in, "pin", text);
	secret_wipe(text, sizeof(text));
	secret_free(&pin);
	js_set_str(in, "order", option(argc, argv, "--order", ""));
	return keys_with(&a, key, fn, in, out, err);
}

/* A field of the answer (base64) into --out. */
static int
write_out(int argc, char **argv, const json_t *out, const char *field, struct err *err)
{
	const char	*path = option(argc, argv, "--out", NULL);
	struct buf	 b;
	int		 rc = -1;

	buf_init(&b, LIMIT_CERT);
	if (path == NULL) {
		printf("%s\n", js_str(out, field));
		rc = 0;
	} else if (js_need_bytes(out, field, &b, err) == 0) {
		rc = file_write(path, b.p, b.len, 0644, err);
	}
	buf_free(&b);
	return rc;
}

static int
command_csr(int argc, char **argv, struct err *err)
{
	json_t	*in = json_object(), *out = json_object();
	int	 rc = -1;

	js_set_str(in, "cn", option(argc, argv, "--cn", "UKey"));
	if (command_with(argc, argv, keys_make, in, out, err) == 0)
		rc = write_out(argc, argv, out, "csr", err);
	json_decref(in);
	json_decref(out);
	return rc;
}

static int
add_cert(json_t *in, const char *field, const char *path, struct err *err)
{
	struct cert		*c = NULL;
	const unsigned char	*der;
	size_t			 len;

	if (path == NULL)
		return 0;
	if (cert_read(path, &c, err) < 0)
		return -1;
	der = cert_der(c, &len);
	js_set_bytes(in, field, der, len);
	cert_free(c);
	return 0;
}

static int
command_install(int argc, char **argv, struct err *err)
{
	const char	*envelope = option(argc, argv, "--envelope", NULL);
	json_t		*in = json_object(), *out = json_object();
	struct buf	 b;
	int		 rc = -1;

	buf_init(&b, 4096);
	if (add_cert(in, "sign_cert", option(argc, argv, "--sign-cert", NULL), err) == 0 &&
	    add_cert(in, "enc_cert", option(argc, argv, "--enc-cert", NULL), err) == 0 &&
	    (envelope == NULL || file_read(envelope, &b, err) == 0)) {
		if (b.len > 0)
			js_set_bytes(in, "envelope", b.p, b.len);
		rc = command_with(argc, argv, keys_install, in, out, err);
	}
	buf_free(&b);
	json_decref(in);
	json_decref(out);
	return rc;
}

static int
command_sign(int argc, char **argv, struct err *err)
{
	json_t	*in = json_object(), *out = json_object();
	int	 rc = -1;

	js_set_str(in, "text", option(argc, argv, "--text", ""));
	if (command_with(argc, argv, keys_sign, in, out, err) == 0)
		rc = write_out(argc, argv, out, "signature", err);
	json_decref(in);
	json_decref(out);
	return rc;
}

static int
command_list(int argc, char **argv, struct err *err)
{
	struct assistant	 a = {.n_drivers = 1};
	json_t			*out = NULL;
	struct buf		 b;

	a.drivers[0] = option(argc, argv, "--driver", NULL);
	if (a.drivers[0] == NULL)
		return err_set(err, ERR_INPUT, "--driver LIBRARY is needed");
	if (keys_list(&a, &out, err) < 0)
		return -1;
	buf_init(&b, LIMIT_JSON);
	json_write(out, &b);
	printf("%s\n", b.p);
	buf_free(&b);
	json_decref(out);
	return 0;
}

/*
 * A key of a soft certificate as PKCS#12, for who has no browser: --key soft:ORDER, its folder by --soft.
 */
static int
command_export(int argc, char **argv, struct err *err)
{
	struct assistant	 a = {.soft_dir = option(argc, argv, "--soft", NULL)};
	const char		*key = option(argc, argv, "--key", ""), *path = option(argc, argv,
		"--out", NULL);
	struct secret		 pin = {0}, password = {0};
	json_t			*in = json_object(), *out = json_object();
	struct buf		 p12;
	int			 rc = -1;

	buf_init(&p12, SOFT_P12_MAX);
	if (a.soft_dir == NULL || path == NULL || *key == '\0') {
		err_set(err, ERR_INPUT, "--soft DIR, --key soft:ORDER and --out FILE are needed");
		goto out;
	}
	if (passphrase_read(option(argc, argv, "--pin-file", NULL), "passphrase", &pin, err) < 0 ||
	    passphrase_read(option(argc, argv, "--password-file", NULL), "password of the file",
	    &password, err) < 0)
		goto out;
	(void)json_object_set_new(in, "pin", json_stringn((const char *)pin.p, pin.len));
	(void)json_object_set_new(in, "password", json_stringn((const char *)password.p,
	    password.len));
	js_set_str(in, "serial", option(argc, argv, "--serial", ""));
	js_set_str(in, "kind", option(argc, argv, "--kind", "sign"));
	if (keys_with(&a, key, keys_soft_export, in, out, err) == 0 &&
	    js_need_bytes(out, "p12", &p12, err) == 0)
		rc = file_write(path, p12.p, p12.len, 0600, err);
 out:
	secret_wipe(p12.p, p12.len);
	buf_free(&p12);
	secret_free(&pin);
	secret_free(&password);
	json_decref(in);
	json_decref(out);
	return rc;
}

static const struct command {
	const char	*name, *help;
	int		(*run)(int argc, char **argv, struct err *err);
} commands[] = {
	{"make-key", "PATH --label TEXT [--serial TEXT] [--tries 9] [--admin-pin-file FILE]",
	    command_make_key},
	{"personalise", "PATH --device-key-file FILE [--admin-pin-file FILE]\n"
	    "      the device key that unlocks it remotely: yinxin kmc device-key SERIAL FILE",
	    command_personalise},
	{"list", "--driver LIBRARY", command_list},
	{"csr", "--driver LIBRARY --key NAME --order NO --cn TEXT --out FILE", command_csr},
	{"install", "--driver LIBRARY --key NAME --order NO --sign-cert FILE\n"
	    "      [--enc-cert FILE --envelope FILE]", command_install},
	{"sign", "--driver LIBRARY --key NAME --text TEXT --out FILE", command_sign},
	{"export", "--soft DIR --key soft:ORDER --serial SERIAL [--kind sign|enc] --out FILE\n"
	    "      [--pin-file FILE] [--password-file FILE]: a soft certificate's key as PKCS#12",
	    command_export},
};

void
assistant_command_help(void)
{
	printf("Commands:\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].help);
	printf("\nThe PIN is asked at the terminal, or read from --pin-file FILE (/dev/fd/N: a "
	    "descriptor).\nThe software UKey's library finds its key files in YINXIN_SOFTKEY "
	    "(separated by ':').\n");
}

int
assistant_command(int argc, char **argv, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, argv[0]) == 0)
			return commands[i].run(argc, argv, err);
	return err_set(err, ERR_INPUT, "no command \"%s\"", argv[0]);
}
