#ifndef CLI_CEREMONY_H
#define CLI_CEREMONY_H
#include "base/err.h"
/*
 * A key ceremony by script: `yinxin ca ceremony SCRIPT --record FILE`.  The passphrase of the keys
 * that it makes or uses exists only in shares of custodians (pki/share.h) and, while it runs, in
 * this process and the signer.  The script is YAML, checked whole before anything is done:
 *
 *	title: root of 2026
 *	secret: make			# a new one, split; or join: that of the custodians
 *	need: 2				# so many of them; with make only
 *	witnesses: [王五]		# for the record
 *	driver: /usr/lib/libskf.so	# of the UKeys, where a custodian has one
 *	custodians:			# with join: those who are there
 *	  - {name: 张三, file: zhang.share, pin: zhang.pin}	# no pin: asked at the terminal
 *	  - {name: 李四, ukey: SERIAL}				# the share in the UKey, under its PIN
 *	steps:
 *	  - {create: dfca-root, kind: sm2, company: O, cn: CN, years: 30}	# its key under the secret
 *	  - {create: dfca-ca, parent: dfca-root-1, cn: CN, years: 20}		# under the service's
 *	  - {crl: dfca-root-1}
 *	  - {cross: dfca-root-1, cert: other.crt, out: cross.crt, years: 5}
 *
 * What happened is a JSON line each in the record.  The signer's journal has two lines of it: the SM3
 * of the script before anything is done, and that of the record at the end, also when a step failed;
 * one that was killed has the first alone.  No custodian's file, share in a UKey or record is ever
 * overwritten.  After one that was killed, its shares are joined by a script with the steps that are
 * left (`yinxin ca list` shows which CAs were made).
 */
NODISCARD int	ceremony_script_run(const char *script, const char *record, struct err *err);

/* cmd_ca.c: pub/<ca>.crt of each CA and pub/chain.pem of all. */
NODISCARD int	ca_publish(struct err *err);
#endif
