#ifndef SEAL_PDF_OWN_H
#define SEAL_PDF_OWN_H
#include "base/arena.h"
#include "base/buf.h"
#include "seal/pdf.h"
/*
 * Inside of the floor: values of a PDF (ISO 32000-1 7.3) and the file they stand in.
 *
 * A value knows the bytes it was read from, so what we do not change is written again as it was.
 * Everything lives in the document's arena; what is too much for it is refused before.
 */
#define PDF_NEST_MAX	48		/* arrays and dictionaries in each other */
#define PDF_KEYS_MAX	1024		/* of one dictionary */
#define PDF_OBJECT_NEST	8		/* objects that have to be read because of each other */
#define PDF_PACKED_MAX	65536		/* objects of one object stream */
#define PDF_VALUES_MAX	1000000		/* of one document, also read twice */
#define PDF_VERSIONS_MAX	512	/* sections of cross-references */
#define PDF_INFLATE_MAX	(64 * 1024 * 1024) /* bytes of streams that we have to look into */
#define PDF_WORK_MAX	((size_t)512 * 1024 * 1024) /* about as many bytes looked at, all versions */
#define PDF_ARENA_MAX	((size_t)768 * 1024 * 1024)
#define PDF_TOO_MUCH	"这份 PDF 太复杂，不能处理。请拆成几份再试。"
#define PDF_NO		"这份 PDF 的结构不规范："

enum pdf_kind {
	PDF_NULL, PDF_BOOL, PDF_NUMBER, PDF_STRING, PDF_NAME, PDF_ARRAY, PDF_DICT, PDF_REF,
	PDF_WORD,			/* anything else: endobj, stream, xref … */
};
struct pdf_value {
	enum pdf_kind	 kind;
	bool		 is_integer, is_hex;
	const char	*at;		/* as it stands */
	size_t		 len;
	int64_t		 n;		/* integer, bool, number of the object, keys of a dictionary */
	int64_t		 generation;
	double		 real;		/* of any number */
	struct pdf_value *first;	/* of an array; of a dictionary key, value, key … */
	struct pdf_value *next;
};
/* An indirect object, streams with their raw bytes. */
struct pdf_object {
	const struct pdf_value *value;
	bool		 is_stream;
	const char	*data;
	size_t		 data_len;
	/* of an object stream, once it was looked into */
	const char	*flat;
	size_t		 flat_len;
	struct pdf_packed *packed;
	int64_t		 n_packed;
};
struct pdf_packed {
	int32_t		 no, at;		/* offset in flat */
};
enum pdf_entry_kind { PDF_MISSING, PDF_FREE, PDF_PLAIN, PDF_PACKED };
struct pdf_entry {
	enum pdf_entry_kind kind;
	int64_t		 at;		/* offset; number of the object stream */
	int64_t		 generation;	/* index in the object stream */
	struct pdf_object *object;	/* once read */
	bool		 busy;		/* is being read */
};
struct pdf {
	const char	*p;
	size_t		 len;
	struct arena	*arena;
	size_t		 values, inflated;
	size_t		 work, *spent;	/* spent: of the whole file, also by its versions */
	int		 depth;		/* of objects read because of each other */
	struct pdf_entry *entry;
	size_t		 n_entries;
	const struct pdf_value *trailer, *root;
	int64_t		 root_no;
	size_t		 xref_at;	/* of the newest section */
	bool		 xref_is_stream;
	int		 n_pages;	/* -1: not counted yet */
};

/*
 * Work that grows with the bytes looked at: counted, for objects may share their bytes and dictionaries
 * are compared key by key.  ERR_LIMIT past PDF_WORK_MAX.
 */
NODISCARD int	pdf_spend(struct pdf *d, size_t n, struct err *err);
/* The first bytes of an open file as a file of its own: what it costs counts there. */
NODISCARD int	pdf_open_version(struct pdf *d, size_t len, struct pdf **out, struct err *err);

/* What is read, and how far. */
struct pdf_source {
	struct pdf	*pdf;
	const char	*p, *end;
};
/* The next value; PDF_WORD for words.  References are only put together inside of others. */
NODISCARD int	pdf_read_value(struct pdf_source *s, struct pdf_value **out, struct err *err);
/* The next is this word, or -1 with nothing consumed. */
NODISCARD int	pdf_read_word(struct pdf_source *s, const char *word);
NODISCARD int	pdf_read_integer(struct pdf_source *s, int64_t *n);
void		pdf_skip_blank(struct pdf_source *s);

bool		pdf_is_name(const struct pdf_value *v, const char *name);
/* Text of a name or string as ASCII, what is not is left out. */
void		pdf_text(const struct pdf_value *v, char *text, size_t size);
/* The value of a key, references not followed; NULL when there is none. */
const struct pdf_value *pdf_key(const struct pdf_value *dict, const char *key);
/* The same in other bytes: formats of numbers, blanks and escapes of names do not count. */
bool		pdf_value_is_same(const struct pdf_value *a, const struct pdf_value *b);

/* An object by its number; one that is not there is null, as the standard says. */
NODISCARD int	pdf_object(struct pdf *d, int64_t no, const struct pdf_object **out,
		    struct err *err);
/* v, or what it refers to; never a reference. */
NODISCARD int	pdf_resolve(struct pdf *d, const struct pdf_value *v, const struct pdf_value **out,
		    struct err *err);
/* Key of a dictionary, resolved; a PDF_NULL when there is none. */
NODISCARD int	pdf_get(struct pdf *d, const struct pdf_value *dict, const char *key,
		    const struct pdf_value **out, struct err *err);
/* Where an object stands: equal in two versions of one file means unchanged. */
struct pdf_entry pdf_entry_of(const struct pdf *d, int64_t no);
NODISCARD int	pdf_inflate(struct pdf *d, const struct pdf_object *o, const char **out, size_t *len,
		    struct err *err);
/* pdf_xref.c: fill entry, trailer from the end of the file. */
NODISCARD int	pdf_xref_read(struct pdf *d, struct err *err);
/* `no generation obj` at an offset. */
NODISCARD int	pdf_read_object_at(struct pdf *d, size_t at, int64_t no, struct pdf_object *out,
		    struct err *err);

/* SM3 of p but for the bytes from `gap` up to `after` (12.8.1).  Can not fail. */
void		pdf_digest(const char *p, size_t len, size_t gap, size_t after,
		    unsigned char digest[SM2_DIGEST_LEN]);
/* Terminal signature fields, in the order of the form (pdf_signature.c). */
typedef int (*pdf_field_fn)(struct pdf *d, int64_t no, const struct pdf_value *field, void *arg,
    struct err *err);
NODISCARD int	pdf_fields_each(struct pdf *d, pdf_field_fn fn, void *arg, struct err *err);
/*
 * The later version shows what the earlier one, which it begins with, showed: it only has more
 * signature fields and their pictures (pdf_compare.c).  ERR_CONFLICT: it does not.
 */
NODISCARD int	pdf_compare(struct pdf *earlier, struct pdf *later, struct err *err);

/* A page, with what it inherits. */
struct pdf_page {
	int64_t		 no;			/* of its object */
	const struct pdf_value *dict;
	double		 box[4];		/* what is shown: left, bottom, right, top */
	int		 rotate;		/* 0, 90, 180, 270, clockwise */
	double		 unit;			/* UserUnit */
};
/* From 1.  ERR_INPUT: no such page. */
NODISCARD int	pdf_page(struct pdf *d, int number, struct pdf_page *page, struct err *err);
#endif
