#ifndef TOKEN_CARD_H
#define TOKEN_CARD_H
#include "base/buf.h"
#include "base/err.h"
#include "pki/envelope.h"
#include "pki/sm2.h"
#include "token/unlock.h"
/*
 * What the house asks of a UKey through GM/T 0016, in types that do not depend on how wide the
 * library's ULONG is.  card.c is compiled twice, for 32 bits (the norm) and for 64 (some
 * vendors' Linux libraries); a driver points to the one that fits it.
 *
 * Functions that give uint32_t give the norm's SAR code; the others -1 with err set.
 */
struct driver;
typedef void	*card_handle;		/* device, application, container of the library */

struct card_info {
	char	 label[40], serial[40];	/* UTF-8; label "" when the vendor wrote something else */
	int	 tries_max, tries_left;	/* of the user's PIN */
	bool	 pin_is_default;
};

/* A file of the application on the card. */
struct card_file {
	const char	*name;
	size_t		 size;		/* it has this size from its making on */
	bool		 secret;	/* read after the PIN only; else by anyone */
};

struct card_ops {
	/* Look the library's functions up; false: it has no SKF interface. */
	bool	(*bind)(struct driver *d);
	/* Device names, each followed by a newline. */
	int	(*names)(const struct driver *d, struct buf *lines, struct err *err);
	uint32_t (*open)(const struct driver *d, const char *name, card_handle *dev);
	/* The first application; SAR_APPLICATION_NOT_EXISTS when there is none. */
	uint32_t (*application)(const struct driver *d, card_handle dev, card_handle *app);
	void	(*close)(const struct driver *d, card_handle dev, card_handle app);
	void	(*device_info)(const struct driver *d, card_handle dev, struct card_info *info);
	void	(*pin_info)(const struct driver *d, card_handle app, struct card_info *info);

	uint32_t (*verify_pin)(const struct driver *d, card_handle app, const char *pin);
	uint32_t (*change_pin)(const struct driver *d, card_handle app, const char *old_pin,
		const char *new_pin);
	/* Set a PIN that opens nothing until its holder has changed it. */
	uint32_t (*activation_pin)(const struct driver *d, card_handle app, const char *old_pin,
		const char *new_pin);
	/* With the administrator's PIN: the user's is this one, with all its tries. */
	uint32_t (*unblock)(const struct driver *d, card_handle app, const char *admin_pin,
		const char *new_pin);
	uint32_t (*unlock_challenge)(const struct driver *d, card_handle app,
		unsigned char challenge[UNLOCK_CHALLENGE]);
	uint32_t (*unlock_finish)(const struct driver *d, card_handle app, const void *message,
		size_t len, int *left);

	int	(*containers)(const struct driver *d, card_handle app, struct buf *lines,
		struct err *err);
	uint32_t (*container_open)(const struct driver *d, card_handle app, const char *name,
		card_handle *c);
	uint32_t (*container_new)(const struct driver *d, card_handle app, const char *name,
		card_handle *c);
	uint32_t (*container_delete)(const struct driver *d, card_handle app, const char *name);
	void	(*container_close)(const struct driver *d, card_handle c);
	bool	(*container_has_key)(const struct driver *d, card_handle c);

	/* 1 there, 0 none, -1. */
	int	(*cert)(const struct driver *d, card_handle c, bool sign, struct buf *der,
		struct err *err);
	uint32_t (*cert_put)(const struct driver *d, card_handle c, bool sign, const void *der,
		size_t len);
	uint32_t (*point)(const struct driver *d, card_handle c, bool sign,
		unsigned char point[SM2_POINT_LEN]);
	uint32_t (*generate)(const struct driver *d, card_handle c);
	uint32_t (*pair_put)(const struct driver *d, card_handle c,
		const struct envelope_fields *f);
	uint32_t (*device_put)(const struct driver *d, card_handle c, const void *cipher,
		size_t len);
	uint32_t (*sign)(const struct driver *d, card_handle c,
		const unsigned char e[SM2_DIGEST_LEN], unsigned char rs[SM2_RAW_SIG_LEN]);
	/* SM4-CBC data, PKCS#5 padding, whose key is wrapped for the encryption key: the plain
	   data appended. */
	uint32_t (*decrypt)(const struct driver *d, card_handle c,
		const struct sm2_cipher *wrapped, const unsigned char iv[16], const void *p,
		size_t len, struct buf *out);

	uint32_t (*file_read)(const struct driver *d, card_handle app,
		const struct card_file *f, struct buf *out);
	/* Made when it is not there; shorter content is filled up with zeros. */
	uint32_t (*file_write)(const struct driver *d, card_handle app,
		const struct card_file *f, const void *p, size_t len);
};
extern const struct card_ops	card_ops_32, card_ops_64;
#endif
