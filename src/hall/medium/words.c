#include "base/base.h"
#include "hall/medium/words.h"

static const struct medium_words words_ukey = {
	.id = "ukey", .text = "UKey", .secret = "PIN码", .at = "插入这张证书所在的UKey",
	.same = "同一支UKey", .old = "原证书所在的UKey（PIN码不变）", .fresh = "写入新的UKey",
	.lost = "UKey丢了", .gone = "UKey遗失或损坏", .found = "找到UKey",
	.keep = "不要拔出UKey", .place = "UKey里", .finish = "请完成证书写入UKey",
	.locked = "忘记PIN码，或UKey已锁定",
};
static const struct medium_words words_soft = {
	.id = "soft", .text = "软证书", .secret = "口令", .at = "在存放这张软证书的电脑上",
	.same = "同一份软证书文件", .old = "原来的软证书文件（口令不变）", .fresh = "下载新的软证书",
	.lost = "软证书可能被他人得到", .gone = "软证书文件丢失、损坏，或忘记口令",
	.found = "确认没有问题", .keep = "不要关闭证书助手", .place = "您自己的密钥文件里",
	.finish = "请完成软证书的下载", .locked = "忘记软证书的口令",
};

const struct medium_words *
medium_words(const struct def_product *p)
{
	return p->soft ? &words_soft : &words_ukey;
}

const struct medium_words *
medium_words_sold(const struct halldef *d, const char *product)
{
	const struct def_product	*p = halldef_product(d, product);

	return p == NULL ? &words_ukey : medium_words(p);
}

const struct medium_words *
medium_words_by_id(const char *id)
{
	return strcmp(id, words_soft.id) == 0 ? &words_soft : &words_ukey;
}

json_t *
medium_words_model(const struct medium_words *w)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
	    "id", w->id, "text", w->text, "secret", w->secret, "at", w->at, "same", w->same,
	    "old", w->old, "fresh", w->fresh, "lost", w->lost, "gone", w->gone, "found", w->found,
	    "keep", w->keep, "place", w->place, "finish", w->finish, "locked", w->locked);
}
