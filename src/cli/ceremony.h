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
 *	custodians:			# with join: those who are there
 *	  - {name: 张三, file: zhang.share, pin: zhang.pin}	# no pin: asked at the terminal
 *	steps:
 *	  - {create: dfca-root, kind: sm2, company: O, cn: CN, years: 30}	# its key under the secret
 *	  - {create: dfca-ca, parent: dfca-root-1, cn: CN, years: 20}		# under the service's
 *	  - {crl: dfca-root-1}
 *	  - {cross: dfca-root-1, cert: other.crt, out: cross.crt, years: 5}
 *
 * What happened is a JSON line each in the record, whose SM3 becomes a line of the signer's journal,
 * also when a step failed; neither custodians' files nor the record are ever overwritten.
 */
NODISCARD int	ceremony_script_run(const char *script, const char *record, struct err *err);

/* cmd_ca.c: pub/<ca>.crt of each CA and pub/chain.pem of all. */
NODISCARD int	ca_publish(struct err *err);
#endif
