#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A small SMTP server: every mailbox exists, nothing leaves the machine. */

#define SMTP_MESSAGE_MAX	(4 * 1024 * 1024)
#define SMTP_SECONDS		30
#define SMTP_LINE		1024
#define SMTP_CLIENTS		16
#define SMTP_TO			8

struct smtp {
	FILE	*in, *out;
	char	 from[300], to[SMTP_TO][300];
	size_t	 n_to;
};

static int			 smtp_fd = -1;
static _Atomic int		 smtp_clients;

static void
smtp_say(struct smtp *s, const char *line)
{
	fprintf(s->out, "%s\r\n", line);
	fflush(s->out);
}

/* The address between < and >. */
static void
smtp_address(const char *line, char out[300])
{
	const char	*p = strchr(line, '<');

	snprintf(out, 300, "%.*s", p == NULL ? 0 : (int)strcspn(p + 1, ">\r\n"),
	    p == NULL ? "" : p + 1);
}

/* Lines up to a single dot, with dot-stuffing undone. */
static int
smtp_data(struct smtp *s, struct buf *text)
{
	char	 line[SMTP_LINE * 2];
	bool	 start = true;
	size_t	 n;

	while (fgets(line, sizeof(line), s->in) != NULL) {
		n = strlen(line);
		if (start && (strcmp(line, ".\r\n") == 0 || strcmp(line, ".\n") == 0))
			return 0;
		buf_addstr(text, start && line[0] == '.' ? line + 1 : line);
		start = n > 0 && line[n - 1] == '\n';
	}
	return -1;
}

static void
smtp_keep(struct smtp *s, const struct buf *text)
{
	json_t	*m;

	pthread_mutex_lock(&sb.lock);
	for (size_t i = 0; i < s->n_to; i++) {
		m = sb_mime_read(text->p, text->len);
		js_set_str(m, "envelope_from", s->from);
		js_set_str(m, "to", s->to[i]);
		js_set_int(m, "at", clock_now());
		js_set_int(m, "id", js_int(sb.state, "mail_no", 0) + 1);
		js_set_int(sb.state, "mail_no", js_int(m, "id", 0));
		sb_push("mails", m);
	}
	sb_state_save();
	pthread_mutex_unlock(&sb.lock);
}

static bool
smtp_fault(const char *what)
{
	bool	 on;

	pthread_mutex_lock(&sb.lock);
	on = sb_fault("smtp", what, NULL);
	pthread_mutex_unlock(&sb.lock);
	return on;
}

/* "drop": the message is kept, the answer is not given. */
static bool
smtp_message(struct smtp *s)
{
	struct buf	 text;
	bool		 go_on = false;

	smtp_say(s, "354 go ahead");
	buf_init(&text, SMTP_MESSAGE_MAX);
	if (smtp_data(s, &text) == 0) {
		go_on = true;
		if (text.over)
			smtp_say(s, "552 too large");
		else if (smtp_fault("reject"))
			smtp_say(s, "550 mailbox unavailable");
		else if (smtp_fault("later"))
			smtp_say(s, "451 try again later");
		else {
			smtp_keep(s, &text);
			if ((go_on = !smtp_fault("drop")))
				smtp_say(s, "250 kept");
		}
	}
	s->n_to = 0;
	buf_free(&text);
	return go_on;
}

/* One command; false ends the conversation. */
static bool
smtp_command(struct smtp *s, const char *line)
{
	if (strncasecmp(line, "EHLO", 4) == 0) {
		smtp_say(s, "250-sandbox\r\n250-SIZE 4194304\r\n250 8BITMIME");
	} else if (strncasecmp(line, "HELO", 4) == 0 || strncasecmp(line, "NOOP", 4) == 0) {
		smtp_say(s, "250 sandbox");
	} else if (strncasecmp(line, "RSET", 4) == 0) {
		s->n_to = 0;
		smtp_say(s, "250 forgotten");
	} else if (strncasecmp(line, "MAIL FROM:", 10) == 0) {
		smtp_address(line, s->from);
		s->n_to = 0;
		smtp_say(s, "250 fine");
	} else if (strncasecmp(line, "RCPT TO:", 8) == 0 && s->n_to < SMTP_TO) {
		smtp_address(line, s->to[s->n_to++]);
		smtp_say(s, "250 fine");
	} else if (strncasecmp(line, "DATA", 4) == 0) {
		if (s->n_to > 0)
			return smtp_message(s);
		smtp_say(s, "503 RCPT first");
	} else if (strncasecmp(line, "QUIT", 4) == 0) {
		smtp_say(s, "221 bye");
		return false;
	} else {
		smtp_say(s, "502 not known here");
	}
	return true;
}

static void *
smtp_client(void *arg)
{
	int			 fd = (int)(intptr_t)arg;
	const struct timeval	 limit = {.tv_sec = SMTP_SECONDS};
	struct smtp		 s = {0};
	char			 line[SMTP_LINE];
	int			 lines = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	s.in = fdopen(fd, "re");
	s.out = fdopen(dup(fd), "we");
	if (s.in != NULL && s.out != NULL) {
		smtp_say(&s, "220 sandbox ESMTP");
		while (lines++ < 1000 && fgets(line, sizeof(line), s.in) != NULL &&
		    smtp_command(&s, line))
			;
	}
	if (s.out != NULL)
		fclose(s.out);
	if (s.in != NULL)
		fclose(s.in);
	smtp_clients--;
	return NULL;
}

static void *
smtp_listen(void *arg)
{
	pthread_t	 thread;
	int		 fd;

	(void)arg;
	for (;;) {
		if ((fd = accept4(smtp_fd, NULL, NULL, SOCK_CLOEXEC)) < 0) {
			usleep(10000);
			continue;
		}
		if (smtp_clients >= SMTP_CLIENTS) {
			close(fd);
			continue;
		}
		smtp_clients++;
		if (pthread_create(&thread, NULL, smtp_client, (void *)(intptr_t)fd) == 0) {
			pthread_detach(thread);
		} else {
			smtp_clients--;
			close(fd);
		}
	}
	return NULL;
}

int
sb_smtp_start(int port, struct err *err)
{
	struct sockaddr_in	 a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t		 len = sizeof(a);
	pthread_t		 thread;
	const int		 one = 1;

	smtp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (smtp_fd < 0 || setsockopt(smtp_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(smtp_fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(smtp_fd, 64) < 0 ||
	    getsockname(smtp_fd, (struct sockaddr *)&a, &len) < 0)
		return err_errno(err, ERR_STORE, "cannot listen on 127.0.0.1:%d", port);
	sb.smtp_port = ntohs(a.sin_port);
	if (pthread_create(&thread, NULL, smtp_listen, NULL) != 0)
		return err_set(err, ERR_BUG, "cannot start the mail server");
	pthread_detach(thread);
	return 0;
}
