#include "base/base.h"
#include "cli/cert_desk.h"

#include "base/file.h"
#include "base/json.h"
#include "hall/account/staff.h"
#include "hall/certificate/certificate.h"

static const struct who	desk_system = {.system = true, .address = ""};

/* The fields that a page of the desk would post. */
static int
desk_fields(struct hall *h, const struct cert_desk *d, json_t *in, struct err *err)
{
	struct who	 second;
	char		 id[24];

	js_set_str(in, "kind", d->kind);
	js_set_str(in, "reason", d->reason);
	js_set_str(in, "second", "");
	if (d->second[0] == '\0')
		return 0;
	if (staff_by_serial(h, d->second, &second, err) < 0)
		return -1;
	(void)snprintf(id, sizeof(id), "%" PRId64, second.staff);
	js_set_str(in, "second", id);
	return 0;
}

int
cert_desk_draft(const struct cert_desk *d, struct err *err)
{
	struct hall	*h = NULL;
	struct who	 officer;
	json_t		*in = json_object(), *model = NULL;
	const char	*text;
	int		 rc = -1;

	if (hall_open(&h, err) < 0 || staff_by_serial(h, d->officer, &officer, err) < 0 ||
	    desk_fields(h, d, in, err) < 0 ||
	    certificate_statement(h, &officer, d->serial, in, NULL, &model, err) < 0)
		goto out;
	text = js_str(model, "statement");
	if ((rc = file_write(d->out, text, strlen(text), 0644, err)) == 0)
		printf("%s\n", js_str(model, "id"));
 out:
	json_decref(model);
	json_decref(in);
	hall_close(h);
	return rc;
}

int
cert_desk_sign(const char *serial, const char *id, const char *file, const char *officer,
    struct err *err)
{
	struct hall	*h = NULL;
	struct who	 who;
	struct buf	 signature;
	json_t		*in = json_pack("{s:s}", "id", id);
	bool		 waiting = false;
	int		 rc = -1;

	buf_init(&signature, 256);
	if (file_read(file, &signature, err) == 0 && hall_open(&h, err) == 0 &&
	    staff_by_serial(h, officer, &who, err) == 0) {
		js_set_bytes(in, "signature", signature.p, signature.len);
		rc = certificate_change(h, &who, serial, in, &waiting, err);
	}
	if (rc == 0)
		printf("%s\n", waiting ? "waits for the second officer" : "done");
	json_decref(in);
	buf_free(&signature);
	hall_close(h);
	return rc;
}

int
cert_desk_list(const char *query, const char *state, struct err *err)
{
	struct hall	*h = NULL;
	json_t		*in = json_pack("{s:s}", "q", query), *model = NULL, *row;
	size_t		 i;
	int		 rc = -1;

	if (hall_open(&h, err) == 0)
		rc = certificate_search(h, &desk_system, in, &model, err);
	json_array_foreach(json_object_get(model, "rows"), i, row)
		if (*state == '\0' || strcmp(js_str(row, "state"), state) == 0)
			printf("%s  %-7s  %s to %s  order %s\n", js_str(row, "serial"),
			    js_str(row, "state"), js_str(row, "not_before"),
			    js_str(row, "not_after"), js_str(row, "order"));
	json_array_foreach(json_object_get(model, "waiting"), i, row)
		printf("waiting %s  %s  %s  %s\n", js_str(row, "id"), js_str(row, "serial"),
		    js_str(row, "created"), js_str(row, "statement"));
	json_decref(model);
	json_decref(in);
	hall_close(h);
	return rc;
}

/* How each link stands, and what happened to the certificate. */
static void
desk_print_life(const json_t *model)
{
	json_t	*row;
	size_t	 i;

	printf("    ocsp   %s, asked %s\n    renewable  %s to %s\n", js_str(model, "ocsp"),
	    js_str(model, "asked"), js_str(model, "renew_from"), js_str(model, "renew_until"));
	json_array_foreach(json_object_get(model, "chain"), i, row)
		printf("    chain  %s  %-7s  until %s  %s\n", js_str(row, "serial"),
		    js_str(row, "status"), js_str(row, "ends"), js_str(row, "subject"));
	if (!js_bool(model, "chain_whole"))
		printf("    chain  does not reach a root\n");
	json_array_foreach(json_object_get(model, "acts"), i, row)
		printf("    act    %s  %-20s by %-7s  order %s  %s\n", js_str(row, "time"),
		    js_str(row, "what"), js_str(row, "by"), js_str(row, "order"),
		    js_str(row, "note"));
}

int
cert_desk_show(const char *serial, struct err *err)
{
	struct hall	*h = NULL;
	json_t		*model = NULL;
	int		 rc = -1;

	if (hall_open(&h, err) == 0)
		rc = certificate_view(h, &desk_system, serial, &model, err);
	if (rc == 0) {
		printf("%s  %s  since %s  %s\n    valid  %s to %s\n    order  %s\n    medium  %s\n    replaced by  %s\n",
		    js_str(model, "serial"), js_str(model, "status"), js_str(model, "since"),
		    js_str(model, "reason_text"), js_str(model, "not_before"),
		    js_str(model, "not_after"), js_str(model, "order"),
		    js_bool(model, "soft") ? "soft" : "ukey", js_str(model, "replaced_by"));
		desk_print_life(model);
	}
	json_decref(model);
	hall_close(h);
	return rc;
}
