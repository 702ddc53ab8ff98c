#include "unit.h"
#include "base/str.h"
#include "token/driver.h"
#include "token/skf.h"
#include "token/softkey.h"

#include <sys/wait.h>

/* The software UKey's SKF functions one by one (YINXIN_SKF names the built library). */
#define PIN		"135790"
#define ADMIN		"87654321"
#define AUTH_KEY	"1234567812345678"
#define same(a, b)	assert_int_equal((a), (b))

static struct driver	*driver;
static struct skf	*skf;			/* its functions */
static char		 skf_dir[] = "/tmp/yinxin-skf-XXXXXX";

struct key {
	char		*path;
	DEVHANDLE	 dev;
	HAPPLICATION	 app;
};

static struct key
key_new(void)
{
	static int	 n;
	const char	*lib = getenv("YINXIN_SKF");
	struct err	 err = {0};
	struct key	 k = {0};

	if (skf == NULL) {
		assert_non_null(mkdtemp(skf_dir));
		assert_ok(driver_load(&driver, lib == NULL ? "build/libyinxin_skf.so" : lib, &err));
		skf = driver->functions;
	}
	k.path = xasprintf("%s/%d.key", skf_dir, n++);
	assert_ok(softkey_format(k.path, "测试", "YX0002", PIN, ADMIN, 9, &err));
	same(skf->ConnectDev(k.path, &k.dev), SAR_OK);
	same(skf->OpenApplication(k.dev, (char[]){"YINXIN"}, &k.app), SAR_OK);
	return k;
}

static void
key_free(struct key *k)
{
	same(skf->CloseApplication(k->app), SAR_OK);
	same(skf->DisConnectDev(k->dev), SAR_OK);
	free(k->path);
}

static void
login(const struct key *k)
{
	ULONG	 retry = 0;

	same(skf->VerifyPIN(k->app, USER_TYPE, (char[]){PIN}, &retry), SAR_OK);
	same(retry, 9);
}

static HCONTAINER
container(const struct key *k, const char *name)
{
	char		*copy = xstrdup(name);
	HCONTAINER	 c = NULL;

	same(skf->CreateContainer(k->app, copy, &c), SAR_OK);
	free(copy);
	return c;
}

void
test_skf__structures_are_packed_as_the_norm_says(void **state)
{
	(void)state;
	same(sizeof(VERSION), 2);
	same(sizeof(DEVINFO), 294);
	same(sizeof(ECCPUBLICKEYBLOB), 132);
	same(sizeof(ECCPRIVATEKEYBLOB), 68);
	same(sizeof(ECCCIPHERBLOB), 165);
	same(sizeof(ECCSIGNATUREBLOB), 128);
	same(sizeof(BLOCKCIPHERPARAM), 44);
	same(sizeof(ENVELOPEDKEYBLOB), 373);
	same(sizeof(FILEATTRIBUTE), 44);
	same(sizeof(RSAPUBLICKEYBLOB), 268);
	same(sizeof(RSAPRIVATEKEYBLOB), 1164);
}

void
test_skf__devices_tell_what_they_are(void **state)
{
	struct key	 k = key_new();
	char		 list[400], *both = xasprintf("%s:/nonexistent.key:%s", k.path, k.path);
	ULONG		 size = 0, n;
	DEVINFO		 info;

	(void)state;
	setenv("YINXIN_SOFTKEY", both, 1);
	same(skf->EnumDev(1, NULL, &size), SAR_OK);
	same(size, 2 * (strlen(k.path) + 1) + 1);	/* the missing one is not listed */
	n = size - 1;
	same(skf->EnumDev(1, list, &n), SAR_BUFFER_TOO_SMALL);
	same(n, size);
	same(skf->EnumDev(1, list, &n), SAR_OK);
	assert_string_equal(list, k.path);
	same(list[size - 1], '\0');
	same(skf->GetDevInfo(k.dev, &info), SAR_OK);
	assert_string_equal(info.Label, "测试");
	assert_string_equal(info.SerialNumber, "YX0002");
	same(info.DevAuthAlgId, SGD_SM4_ECB);
	same(skf->SetLabel(k.dev, (char[]){"张三的UKey"}), SAR_OK);
	same(skf->GetDevInfo(k.dev, &info), SAR_OK);
	assert_string_equal(info.Label, "张三的UKey");
	same(skf->SetLabel(k.dev, (char[]){"\xff"}), SAR_NAMELENERR);
	same(skf->GetDevState((char[]){"/nonexistent.key"}, &n), SAR_OK);
	same(n, DEV_ABSENT_STATE);
	same(skf->ConnectDev((char[]){"/nonexistent.key"}, &(DEVHANDLE){NULL}),
	    SAR_DEVICE_REMOVED);
	free(both);
	key_free(&k);
}

void
test_skf__a_closed_handle_is_refused(void **state)
{
	struct key	 k = key_new();
	HCONTAINER	 c;
	ULONG		 n;

	(void)state;
	login(&k);
	c = container(&k, "a");
	same(skf->GetContainerType(k.app, &n), SAR_INVALIDHANDLEERR);	/* another kind */
	same(skf->CloseApplication(k.app), SAR_OK);
	same(skf->CloseContainer(c), SAR_INVALIDHANDLEERR);	/* it went with the other */
	same(skf->CloseApplication(k.app), SAR_INVALIDHANDLEERR);
	same(skf->ClearSecureState(NULL), SAR_INVALIDHANDLEERR);
	same(skf->CloseHandle(&n), SAR_INVALIDHANDLEERR);
	same(skf->OpenApplication(k.dev, (char[]){"YINXIN"}, &k.app), SAR_OK);
	key_free(&k);
}

/* ---- the device key and applications ---- */

static void
sm4_ecb(const struct key *k, const char *key, const BYTE *in, BYTE *out)
{
	HANDLE	 h;
	ULONG	 n = 16;
	BYTE	 bytes[16], copy[16];

	memcpy(bytes, key, 16);
	memcpy(copy, in, 16);
	same(skf->SetSymmKey(k->dev, bytes, SGD_SM4_ECB, &h), SAR_OK);
	same(skf->EncryptInit(h, (BLOCKCIPHERPARAM){.PaddingType = 0}), SAR_OK);
	same(skf->Encrypt(h, copy, 16, out, &n), SAR_OK);
	same(n, 16);
	same(skf->CloseHandle(h), SAR_OK);
}

static ULONG
device_auth(const struct key *k, const char *key, ULONG len)
{
	BYTE	 r[16] = {0}, answer[16];

	same(skf->GenRandom(k->dev, r, len), SAR_OK);
	sm4_ecb(k, key, r, answer);
	return skf->DevAuth(k->dev, answer, sizeof(answer));
}

void
test_skf__the_device_key_rules_the_applications(void **state)
{
	struct key	 k = key_new();
	HAPPLICATION	 app;
	char		 list[64];
	ULONG		 n = sizeof(list), max, left;
	BOOL		 fresh;

	(void)state;
	same(skf->DeleteApplication(k.dev, (char[]){"YINXIN"}), SAR_USER_NOT_LOGGED_IN);
	same(skf->DevAuth(k.dev, (BYTE[16]){0}, 16), SAR_INVALIDPARAMERR);	/* unasked */
	same(device_auth(&k, "0000000000000000", 8), SAR_FAIL);
	same(device_auth(&k, AUTH_KEY, 16), SAR_OK);
	same(device_auth(&k, AUTH_KEY, 8), SAR_OK);
	same(skf->CreateApplication(k.dev, (char[]){"YINXIN"}, (char[]){ADMIN}, 5, (char[]){PIN},
	    3, 0xFF, &app), SAR_APPLICATION_EXISTS);
	same(skf->CreateApplication(k.dev, (char[]){"其它"}, (char[]){ADMIN}, 5, (char[]){PIN},
	    3, 0xFF, &app), SAR_NO_ROOM);
	same(skf->DeleteApplication(k.dev, (char[]){"YINXIN"}), SAR_OK);
	same(skf->GetPINInfo(k.app, USER_TYPE, &max, &left, &fresh), SAR_APPLICATION_NOT_EXISTS);
	same(skf->EnumApplication(k.dev, list, &n), SAR_OK);
	same(n, 1);
	same(skf->CreateApplication(k.dev, (char[]){"其它"}, (char[]){ADMIN}, 5, (char[]){"12345"},
	    3, 0xFF, &app), SAR_PIN_LEN_RANGE);
	same(skf->CreateApplication(k.dev, (char[]){"其它"}, (char[]){ADMIN}, 5, (char[]){PIN},
	    3, 0xFF, &app), SAR_OK);
	same(skf->GetPINInfo(app, USER_TYPE, &max, &left, &fresh), SAR_OK);
	assert_true(max == 3 && left == 3 && fresh);
	same(skf->ChangeDevAuthKey(k.dev, (BYTE[]){"ABCDEFGHIJKLMNOP"}, 16), SAR_OK);
	same(device_auth(&k, AUTH_KEY, 8), SAR_FAIL);
	same(skf->ChangeDevAuthKey(k.dev, (BYTE[]){AUTH_KEY}, 16), SAR_USER_NOT_LOGGED_IN);
	same(device_auth(&k, "ABCDEFGHIJKLMNOP", 8), SAR_OK);
	same(skf->CloseApplication(app), SAR_OK);
	key_free(&k);
}

/* The administrator may set PINs and nothing else. */
void
test_skf__the_administrator_cannot_sign(void **state)
{
	struct key		 k = key_new();
	ECCPUBLICKEYBLOB	 pub;
	ECCSIGNATUREBLOB	 sig;
	BYTE			 e[32] = {1};
	HCONTAINER		 c;
	ULONG			 left;

	(void)state;
	login(&k);
	c = container(&k, "a");
	same(skf->GenECCKeyPair(c, SGD_SM2_1, &pub), SAR_OK);
	same(skf->ECCSignData(c, e, sizeof(e), &sig), SAR_OK);
	same(skf->ECCVerify(k.dev, &pub, e, sizeof(e), &sig), SAR_OK);
	same(skf->VerifyPIN(k.app, ADMIN_TYPE, (char[]){ADMIN}, &left), SAR_OK);
	same(skf->ECCSignData(c, e, sizeof(e), &sig), SAR_USER_NOT_LOGGED_IN);
	same(skf->DeleteContainer(k.app, (char[]){"a"}), SAR_USER_NOT_LOGGED_IN);
	login(&k);
	same(skf->VerifyPIN(k.app, USER_TYPE, (char[]){"000000"}, &left), SAR_PIN_INCORRECT);
	same(left, 8);
	same(skf->ECCSignData(c, e, sizeof(e), &sig), SAR_USER_NOT_LOGGED_IN);
	login(&k);
	same(skf->ClearSecureState(k.app), SAR_OK);
	same(skf->ECCSignData(c, e, sizeof(e), &sig), SAR_USER_NOT_LOGGED_IN);
	same(skf->VerifyPIN(k.app, 7, (char[]){PIN}, &left), SAR_USER_TYPE_INVALID);
	same(skf->CloseContainer(c), SAR_OK);
	key_free(&k);
}

void
test_skf__a_locked_administrator_stays_locked(void **state)
{
	struct key	 k = key_new();
	ULONG		 left = 0, max;
	BOOL		 fresh;

	(void)state;
	for (int i = 5; i > 0; i--) {
		same(skf->UnblockPIN(k.app, (char[]){"wrong!"}, (char[]){PIN}, &left),
		    SAR_PIN_INCORRECT);
		same(left, i);
	}
	same(skf->UnblockPIN(k.app, (char[]){"wrong!"}, (char[]){PIN}, &left), SAR_PIN_LOCKED);
	same(skf->UnblockPIN(k.app, (char[]){ADMIN}, (char[]){PIN}, &left), SAR_PIN_LOCKED);
	same(skf->GetPINInfo(k.app, USER_TYPE, &max, &left, &fresh), SAR_OK);
	assert_true(max == 9 && left == 9 && fresh);	/* the user's own is untouched */
	same(skf->ChangePIN(k.app, USER_TYPE, (char[]){PIN}, (char[]){"short"}, &left),
	    SAR_PIN_LEN_RANGE);
	same(skf->ChangePIN(k.app, USER_TYPE, (char[]){PIN}, (char[]){"246802"}, &left), SAR_OK);
	same(skf->GetPINInfo(k.app, USER_TYPE, &max, &left, &fresh), SAR_OK);
	assert_false(fresh);
	key_free(&k);
}

/* ---- files ---- */

void
test_skf__files_have_rights_and_bounds(void **state)
{
	struct key	 k = key_new();
	BYTE		 out[100];
	ULONG		 n = sizeof(out), retry;
	FILEATTRIBUTE	 info;
	char		 list[100];

	(void)state;
	same(skf->CreateFile(k.app, (char[]){"a"}, 10, 0xFF, 0x10), SAR_USER_NOT_LOGGED_IN);
	login(&k);
	same(skf->CreateFile(k.app, (char[]){"a"}, 10, 0xFF, 0x10), SAR_OK);
	same(skf->CreateFile(k.app, (char[]){"a"}, 10, 0xFF, 0x10), SAR_FILE_ALREADY_EXIST);
	same(skf->CreateFile(k.app, (char[]){"b"}, 1 << 20, 0xFF, 0x10), SAR_NO_ROOM);
	same(skf->CreateFile(k.app, (char[]){"密"}, 4, 0x01, 0x01), SAR_OK);
	same(skf->WriteFile(k.app, (char[]){"a"}, 3, (BYTE[]){"xyz"}, 3), SAR_OK);
	same(skf->WriteFile(k.app, (char[]){"a"}, 8, (BYTE[]){"xyz"}, 3), SAR_NO_ROOM);
	same(skf->WriteFile(k.app, (char[]){"a"}, UINT32_MAX, (BYTE[]){"x"}, 1), SAR_NO_ROOM);
	same(skf->ReadFile(k.app, (char[]){"密"}, 0, 4, out, &n), SAR_USER_NOT_LOGGED_IN);
	same(skf->ClearSecureState(k.app), SAR_OK);
	same(skf->WriteFile(k.app, (char[]){"a"}, 0, (BYTE[]){"x"}, 1), SAR_USER_NOT_LOGGED_IN);
	same(skf->ReadFile(k.app, (char[]){"a"}, 2, 99, out, &n), SAR_OK);
	same(n, 8);
	assert_memory_equal(out, "\0xyz\0\0\0\0", 8);
	same(skf->ReadFile(k.app, (char[]){"a"}, 11, 1, out, &n), SAR_INVALIDPARAMERR);
	same(skf->GetFileInfo(k.app, (char[]){"a"}, &info), SAR_OK);
	assert_true(info.FileSize == 10 && info.ReadRights == 0xFF && info.WriteRights == 0x10);
	same(skf->VerifyPIN(k.app, ADMIN_TYPE, (char[]){ADMIN}, &retry), SAR_OK);
	same(skf->DeleteFile(k.app, (char[]){"密"}), SAR_OK);
	same(skf->DeleteFile(k.app, (char[]){"密"}), SAR_FILE_NOT_EXIST);
	n = sizeof(list);
	same(skf->EnumFiles(k.app, list, &n), SAR_OK);
	same(n, 3);
	assert_string_equal(list, "a");
	key_free(&k);
}

/* ---- containers ---- */

void
test_skf__containers_are_counted_and_named(void **state)
{
	struct key	 k = key_new();
	char		 list[1000], name[20];
	ULONG		 n = sizeof(list), type;
	HCONTAINER	 c;

	(void)state;
	same(skf->CreateContainer(k.app, (char[]){"a"}, &c), SAR_USER_NOT_LOGGED_IN);
	login(&k);
	for (int i = 0; i < SOFTKEY_CONTAINERS; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		same(skf->CloseContainer(container(&k, name)), SAR_OK);
	}
	same(skf->CreateContainer(k.app, (char[]){"more"}, &c), SAR_REACH_MAX_CONTAINER_COUNT);
	same(skf->CreateContainer(k.app, (char[]){"c1"}, &c), SAR_INVALIDPARAMERR);
	same(skf->DeleteContainer(k.app, (char[]){"c1"}), SAR_OK);
	same(skf->OpenContainer(k.app, (char[]){"c1"}, &c), SAR_INVALIDPARAMERR);
	same(skf->EnumContainer(k.app, list, &n), SAR_OK);
	assert_string_equal(list, "c0");
	assert_string_equal(list + 3, "c2");
	same(skf->OpenContainer(k.app, (char[]){"c2"}, &c), SAR_OK);
	same(skf->GetContainerType(c, &type), SAR_OK);
	same(type, CONTAINER_EMPTY);
	same(skf->ExportCertificate(c, 1, NULL, &n), SAR_CERTNOTFOUNTERR);
	same(skf->ExportPublicKey(c, 1, NULL, &n), SAR_KEYNOTFOUNTERR);
	same(skf->ECCSignData(c, (BYTE[32]){0}, 32, &(ECCSIGNATUREBLOB){0}), SAR_KEYNOTFOUNTERR);
	same(skf->CloseContainer(c), SAR_OK);
	key_free(&k);
}

/* A new key pair in a container makes the certificate of the old one go. */
void
test_skf__a_new_pair_takes_the_old_certificate_away(void **state)
{
	struct key		 k = key_new();
	ECCPUBLICKEYBLOB	 pub;
	HCONTAINER		 c;
	BYTE			 out[10];
	ULONG			 n = sizeof(out);

	(void)state;
	login(&k);
	c = container(&k, "a");
	same(skf->GenECCKeyPair(c, SGD_SM2_1, &pub), SAR_OK);
	same(skf->GenECCKeyPair(c, 0x10000, &pub), SAR_INVALIDPARAMERR);
	same(skf->ImportCertificate(c, 1, (BYTE[]){1, 2, 3}, 3), SAR_OK);
	same(skf->ExportCertificate(c, 1, out, &n), SAR_OK);
	same(n, 3);
	same(skf->GenECCKeyPair(c, SGD_SM2_1, &pub), SAR_OK);
	same(skf->ExportCertificate(c, 1, out, &n), SAR_CERTNOTFOUNTERR);
	same(skf->CloseContainer(c), SAR_OK);
	key_free(&k);
}

/* ---- algorithms ---- */

static void
hex(const char *text, BYTE *out)
{
	assert_int_equal(hex_decode(text, out, strlen(text) / 2), 0);
}

/* GM/T 0003.5, with the norm's own key, message and signature. */
void
test_skf__sm2_and_sm3_give_the_known_answers(void **state)
{
	struct key		 k = key_new();
	ECCPUBLICKEYBLOB	 pub = {.BitLen = 256};
	ECCSIGNATUREBLOB	 sig = {0};
	BYTE			 id[] = "1234567812345678", e[32], want[32];
	HANDLE			 h;
	ULONG			 n = 0;

	(void)state;
	hex("09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
	    pub.XCoordinate + 32);
	hex("ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
	    pub.YCoordinate + 32);
	hex("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3", sig.r + 32);
	hex("b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa", sig.s + 32);
	hex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640", want);
	same(skf->DigestInit(k.dev, SGD_SM3, &pub, id, 16, &h), SAR_OK);
	same(skf->DigestUpdate(h, (BYTE[]){"message "}, 8), SAR_OK);
	same(skf->DigestUpdate(h, (BYTE[]){"digest"}, 6), SAR_OK);
	same(skf->DigestFinal(h, NULL, &n), SAR_OK);
	same(n, 32);
	same(skf->DigestFinal(h, e, &n), SAR_OK);
	assert_memory_equal(e, want, sizeof(want));
	same(skf->CloseHandle(h), SAR_OK);
	same(skf->ECCVerify(k.dev, &pub, e, sizeof(e), &sig), SAR_OK);
	same(skf->ExtECCVerify(k.dev, &pub, e, sizeof(e), &sig), SAR_OK);
	e[0] ^= 1;
	same(skf->ECCVerify(k.dev, &pub, e, sizeof(e), &sig), SAR_HASHNOTEQUALERR);
	pub.YCoordinate[63] ^= 1;			/* off the curve */
	same(skf->ECCVerify(k.dev, &pub, e, sizeof(e), &sig), SAR_INDATAERR);
	/* GB/T 32905: SM3 of "abc", without ZA */
	hex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", want);
	same(skf->DigestInit(k.dev, SGD_SM3, NULL, NULL, 0, &h), SAR_OK);
	same(skf->Digest(h, (BYTE[]){"abc"}, 3, e, &n), SAR_OK);
	assert_memory_equal(e, want, sizeof(want));
	same(skf->CloseHandle(h), SAR_OK);
	same(skf->DigestInit(k.dev, 2, NULL, NULL, 0, &h), SAR_NOTSUPPORTYETERR);
	key_free(&k);
}

/* GB/T 32907 A.1; then CBC with padding in parts, and what does not fit. */
void
test_skf__sm4_gives_the_known_answers(void **state)
{
	struct key		 k = key_new();
	BLOCKCIPHERPARAM	 param = {.IVLen = 16, .PaddingType = 1};
	BYTE			 key[16], out[64], want[16], back[64];
	HANDLE			 h;
	ULONG			 n = sizeof(out), m, total = 0;

	(void)state;
	hex("0123456789abcdeffedcba9876543210", key);
	hex("681edf34d206965e86b3e94f536e4246", want);
	sm4_ecb(&k, (char *)key, key, out);
	assert_memory_equal(out, want, 16);
	same(skf->SetSymmKey(k.dev, key, SGD_SM4_CBC, &h), SAR_OK);
	same(skf->Encrypt(h, key, 16, out, &n), SAR_NOTINITIALIZEERR);
	same(skf->EncryptInit(h, (BLOCKCIPHERPARAM){.IVLen = 8}), SAR_INVALIDPARAMERR);
	same(skf->EncryptInit(h, param), SAR_OK);
	same(skf->Encrypt(h, (BYTE[]){"twenty bytes of text"}, 20, NULL, &n), SAR_OK);
	same(n, 36);
	same(skf->Encrypt(h, (BYTE[]){"twenty bytes of text"}, 20, out, &n), SAR_OK);
	same(n, 32);
	same(skf->DecryptInit(h, param), SAR_OK);
	same(skf->EncryptUpdate(h, out, 16, back, &n), SAR_NOTINITIALIZEERR);
	for (ULONG i = 0; i < 32; i += 8) {
		m = 64 - total;
		same(skf->DecryptUpdate(h, out + i, 8, back + total, &m), SAR_OK);
		total += m;
	}
	m = 64 - total;
	same(skf->DecryptFinal(h, back + total, &m), SAR_OK);
	same(total + m, 20);
	assert_memory_equal(back, "twenty bytes of text", 20);
	out[31] ^= 1;
	n = sizeof(back);
	same(skf->DecryptInit(h, param), SAR_OK);
	same(skf->Decrypt(h, out, 32, back, &n), SAR_DECRYPTPADERR);
	param.PaddingType = 0;
	n = sizeof(back);
	same(skf->EncryptInit(h, param), SAR_OK);
	same(skf->Encrypt(h, key, 15, back, &n), SAR_INDATALENERR);
	same(skf->CloseHandle(h), SAR_OK);
	same(skf->SetSymmKey(k.dev, key, 0x101, &h), SAR_NOTSUPPORTYETERR);	/* SM1 */
	key_free(&k);
}

void
test_skf__a_mac_is_the_last_block_of_cbc(void **state)
{
	struct key		 k = key_new();
	BLOCKCIPHERPARAM	 param = {.IVLen = 16};
	BYTE			 key[16] = {7}, text[32] = {1, 2, 3}, cbc[32], mac[16];
	HANDLE			 h, m;
	ULONG			 n = sizeof(cbc);

	(void)state;
	same(skf->SetSymmKey(k.dev, key, SGD_SM4_CBC, &h), SAR_OK);
	same(skf->EncryptInit(h, param), SAR_OK);
	same(skf->Encrypt(h, text, 32, cbc, &n), SAR_OK);
	same(skf->MacInit(h, &param, &m), SAR_OK);
	n = sizeof(mac);
	same(skf->MacFinal(m, mac, &n), SAR_NOTINITIALIZEERR);
	same(skf->MacUpdate(m, text, 16), SAR_OK);
	same(skf->MacUpdate(m, text, 15), SAR_INDATALENERR);
	same(skf->Mac(m, text + 16, 16, mac, &n), SAR_OK);
	assert_memory_equal(mac, cbc + 16, 16);
	same(skf->CloseHandle(m), SAR_OK);
	same(skf->CloseHandle(h), SAR_OK);
	key_free(&k);
}

void
test_skf__what_it_lacks_it_says(void **state)
{
	struct key	 k = key_new();

	(void)state;
	same(skf->GenRSAKeyPair(NULL, 2048, NULL), SAR_NOTSUPPORTYETERR);
	same(skf->RSASignData(NULL, NULL, 0, NULL, NULL), SAR_NOTSUPPORTYETERR);
	same(skf->WaitForDevEvent(NULL, NULL, NULL), SAR_NOTSUPPORTYETERR);
	same(skf->Transmit(k.dev, NULL, 0, NULL, NULL), SAR_NOTSUPPORTYETERR);
	same(skf->GenerateKeyWithECC(NULL, NULL, NULL, NULL, 0, NULL), SAR_NOTSUPPORTYETERR);
	key_free(&k);
}

/* ---- several at once ---- */

static int
child_status(pid_t pid)
{
	int	 status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
test_skf__a_locked_device_waits_for_others(void **state)
{
	struct key	 k = key_new();
	DEVHANDLE	 dev;
	pid_t		 pid;

	(void)state;
	same(skf->LockDev(k.dev, 0), SAR_OK);
	same(skf->LockDev(k.dev, 0), SAR_OK);			/* ours already */
	same(skf->SetLabel(k.dev, (char[]){"mine"}), SAR_OK);	/* and we go on working */
	if ((pid = fork()) == 0)
		_exit(skf->ConnectDev(k.path, &dev) != SAR_OK);
	usleep(50000);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);	/* it waits */
	same(skf->UnlockDev(k.dev), SAR_OK);
	assert_int_equal(child_status(pid), 0);
	same(skf->ConnectDev(k.path, &dev), SAR_OK);
	same(skf->LockDev(dev, UINT32_MAX), SAR_OK);
	same(skf->LockDev(k.dev, 50), SAR_TIMEOUTERR);		/* another handle's */
	same(skf->DisConnectDev(dev), SAR_OK);			/* unlocks first */
	same(skf->LockDev(k.dev, 50), SAR_OK);
	key_free(&k);
}

void
test_skf__two_processes_lose_nothing(void **state)
{
	struct key	 k = key_new();
	pid_t		 pid[2];
	char		 list[1000], name[20];
	ULONG		 n = sizeof(list), count = 0, retry;

	(void)state;
	for (int p = 0; p < 2; p++) {
		if ((pid[p] = fork()) != 0)
			continue;
		if (skf->VerifyPIN(k.app, USER_TYPE, (char[]){PIN}, &retry) != SAR_OK)
			_exit(1);
		for (int i = 0; i < 7; i++) {
			HCONTAINER	 c;

			snprintf(name, sizeof(name), "p%d-%d", p, i);
			if (skf->CreateContainer(k.app, name, &c) != SAR_OK)
				_exit(2);
		}
		_exit(0);
	}
	assert_int_equal(child_status(pid[0]), 0);
	assert_int_equal(child_status(pid[1]), 0);
	same(skf->EnumContainer(k.app, list, &n), SAR_OK);
	for (ULONG i = 0; i < n; i++)
		count += list[i] == '-';
	same(count, 14);
	key_free(&k);
}
