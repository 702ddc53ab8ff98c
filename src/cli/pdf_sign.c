#include "base/base.h"
#include "cli/pdf.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "cli/command.h"

#define SIGN_AT		"150,240"		/* of an A4 page: below, to the right */
#define SIGN_SUFFIX	".sealed.pdf"

struct sign_options {
	const char	*page, *at, *out;
};

/* "150,240": millimetres from the upper left. */
static int
sign_place_at(const char *text, struct pdf_place *place, struct err *err)
{
	char	*end = NULL;

	place->x = strtod(text, &end);
	if (end == text || *end != ',')
		return err_set(err, ERR_INPUT, "--at 的写法是“横,纵”，单位毫米，从页面左上角算起。");
	text = end + 1;
	place->y = strtod(text, &end);
	return end != text && *end == '\0' && place->x >= 0 && place->y >= 0 ? 0 :
	    err_set(err, ERR_INPUT, "--at 的写法是“横,纵”，单位毫米，从页面左上角算起。");
}

/* A number, last, all (the field on the last), edge. */
static int
sign_place(const struct sign_options *o, int pages, struct pdf_place *place, struct err *err)
{
	int64_t	 n = 0;

	*place = (struct pdf_place){.page = pages};
	if (sign_place_at(o->at, place, err) < 0)
		return -1;
	if (strcmp(o->page, "last") == 0)
		return 0;
	if (strcmp(o->page, "all") == 0) {
		place->all_pages = true;
		return 0;
	}
	if (strcmp(o->page, "edge") == 0) {
		place->is_edge = true;
		return 0;
	}
	if (str_to_i64(o->page, PDF_PAGES_MAX, &n) < 0 || n < 1)
		return err_set(err, ERR_INPUT, "--page 是页码、last、all（每页）或 edge（骑缝章）。");
	place->page = (int)n;
	return 0;
}

/* Beside the file, or in the folder that was asked for; never over a file that is there. */
static int
sign_target(const char *path, const char *folder, char **out, struct err *err)
{
	const char	*name = strrchr(path, '/');
	int		 n;

	name = name == NULL ? path : name + 1;
	if (folder != NULL)
		*out = xasprintf("%s/%s", folder, name);
	else {
		n = (int)strlen(path) - (str_has_suffix(path, ".pdf") ? 4 : 0);
		*out = xasprintf("%.*s" SIGN_SUFFIX, n, path);
	}
	return file_exists(*out) ? err_set(err, ERR_CONFLICT, "%s 已经存在，没有覆盖。", *out) : 0;
}

static int
sign_pages(const struct buf *file, int *pages, struct err *err)
{
	struct pdf	*d = NULL;
	int		 rc;

	if (pdf_open(file->p, file->len, &d, err) < 0)
		return -1;
	rc = pdf_page_count(d, pages, err);
	pdf_close(d);
	return rc;
}

static int
sign_one(const struct pdf_signer *s, const struct sign_options *o, const char *path, char **to,
    struct err *err)
{
	struct pdf_place	 place;
	struct buf		 in, out;
	int			 pages = 0, rc = -1;

	buf_init(&in, PDF_MAX);
	buf_init(&out, PDF_MAX);
	if (sign_target(path, o->out, to, err) == 0 && file_read(path, &in, err) == 0 &&
	    sign_pages(&in, &pages, err) == 0 && sign_place(o, pages, &place, err) == 0 &&
	    pdf_seal(in.p, in.len, &s->sealer, &place, NULL, clock_now(), &out, err) == 0)
		rc = file_write(*to, out.p, out.len, 0644, err);
	buf_free(&in);
	buf_free(&out);
	return rc;
}

/* One file's trouble is no other's. */
static int
sign_all(const struct pdf_signer *s, const struct sign_options *o, int n, char **paths,
    struct err *err)
{
	int	 failed = 0;

	for (int i = 0; i < n; i++) {
		struct err	 one = {0};
		char		*to = NULL;

		if (sign_one(s, o, paths[i], &to, &one) == 0)
			printf("sealed  %s -> %s\n", paths[i], to);
		else {
			printf("failed  %s: %s\n", paths[i], one.text);
			failed++;
		}
		free(to);
	}
	return failed == 0 ? 0 : err_set(err, ERR_INPUT, "%d of %d file(s) not sealed", failed, n);
}

int
pdf_command_sign(int argc, char **argv, struct err *err)
{
	const char		*p12 = command_option(&argc, argv, "--p12", NULL);
	const char		*seal = command_option(&argc, argv, "--seal", NULL);
	const char		*skf = command_option(&argc, argv, "--skf", NULL);
	const char		*serial = command_option(&argc, argv, "--serial", NULL);
	const char		*pin = command_option(&argc, argv, "--pin-file", NULL);
	const char		*tsa = command_option(&argc, argv, "--tsa", NULL);
	struct sign_options	 o = {.page = command_option(&argc, argv, "--page", "last"),
		.at = command_option(&argc, argv, "--at", SIGN_AT),
		.out = command_option(&argc, argv, "--out", NULL)};
	struct pdf_signer	 s = {.tsa = NULL};
	int			 rc;

	if (argc < 2 || (p12 == NULL) == (skf == NULL) || (p12 != NULL && seal == NULL))
		return command_usage(command_by_name("seal"), err);
	rc = p12 != NULL ? pdf_signer_file(&s, p12, seal, pin, err) :
	    pdf_signer_ukey(&s, skf, serial, pin, err);
	if (rc == 0) {
		pdf_signer_stamp(&s, tsa);
		rc = sign_all(&s, &o, argc - 1, argv + 1, err);
	}
	pdf_signer_close(&s);
	return rc;
}
