#ifndef HALL_WORDS_H
#define HALL_WORDS_H
#include "hall/def/halldef.h"
/*
 * What is said of the medium a certificate is on.  A sentence that holds for both media takes its
 * words from here: in C from medium_words(), on a page from its member "words" (the same names),
 * in the text of a notice as {medium}, {secret} and {keep}.
 */
struct medium_words {
	const char	*id;		/* ukey; soft */
	const char	*text;		/* UKey; 软证书 */
	const char	*secret;	/* PIN码; 口令 */
	const char	*at;		/* where the holder is when he uses it: 插入这张证书所在的UKey */
	const char	*same;		/* 同一支UKey; 同一份软证书文件 */
	const char	*old;		/* what a renewal is written into */
	const char	*fresh;		/* how another one comes: 写入新的UKey */
	const char	*lost;		/* UKey丢了; 软证书可能被他人得到 */
	const char	*gone;		/* what makes a re-issue: UKey遗失或损坏 */
	const char	*found;		/* what lets a frozen one go on: 找到UKey */
	const char	*keep;		/* not to be done meanwhile: 不要拔出UKey */
	const char	*place;		/* where its keys are: UKey里 */
	const char	*finish;	/* a download that stopped half way: 请完成证书写入UKey */
	const char	*locked;	/* 忘记PIN码，或UKey已锁定; 忘记软证书的口令 */
};

const struct medium_words	*medium_words(const struct def_product *p);
/* Of a product by its id; of one that is sold no more, or none, those of a UKey. */
const struct medium_words	*medium_words_sold(const struct halldef *d, const char *product);
/* By its id; of anything else those of a UKey. */
const struct medium_words	*medium_words_by_id(const char *id);
/* {"id","text",…}: each of the above; for the member "words" of a page's model. */
json_t				*medium_words_model(const struct medium_words *w);
#endif
