#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H
#include "base/network.h"
#include "http/parse.h"
#include "http/spool.h"
#include "http/tls.h"
#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>
/*
 * Private to the floor: the server's state and one connection's.  Everything here belongs to
 * the loop thread, except what stands under `lock` and the atomics.
 */
struct connection;

/* One request on its way through a worker. */
struct http_job {
	struct http_job		*next;
	struct connection	*connection;	/* NULL: it has gone */
	struct http_request	 req;
	struct http_response	 res;
	struct http_head	 head;
	char			*bytes;		/* the head, which req points into */
	struct spool		 body;
	int64_t			 began;		/* clock_steady */
};

struct http_server {
	struct http_config	 config;
	uv_loop_t		 loop;
	uv_tcp_t		 listener;
	uv_async_t		 async;
	uv_timer_t		 sweep;
	SSL_CTX			*tls;
	bool			 listener_open, stopping, ran;
	int64_t			 stop_until;
	struct connection	*connections;
	int			 n_connections;
	atomic_bool		 stop;
	_Atomic uint64_t	 requests, refused, status[6], connections_total;

	pthread_mutex_t		 lock;
	pthread_cond_t		 work;
	struct http_job		*waiting, **waiting_tail;
	int			 n_waiting;
	struct http_job		*finished;
	bool			 workers_stop;
};

enum connection_state {
	CONNECTION_HEAD,	/* waiting for, or within, a request head */
	CONNECTION_BODY,
	CONNECTION_HANDLE,	/* a worker has it */
	CONNECTION_WRITE,
	CONNECTION_LINGER,	/* refused; what still arrives is thrown away, so that the
				   answer is not lost with a reset (RFC 9112 9.6) */
	CONNECTION_CLOSING
};

struct connection {
	struct connection	*next, *prev;
	struct http_server	*server;
	uv_tcp_t		 tcp;
	struct tls		*tls;
	enum connection_state	 state;
	struct buf		 in;		/* plain bytes not yet consumed */
	struct http_job		*job;
	struct http_chunk	 chunk;
	int64_t			 since;		/* clock_steady at the start of the state */
	size_t			 writing;	/* bytes of the answer on its way */
	bool			 close_after;
	bool			 linger;	/* close by way of CONNECTION_LINGER */
	bool			 eof;		/* the peer will send no more */
	char			 peer[64], network[NETWORK_TEXT];
	char			 net[16384];	/* what libuv reads into */
};

struct connection	*connection_new(struct http_server *s);
void	connection_name_peer(struct connection *c);
void	connection_start(struct connection *c);
void	connection_close(struct connection *c);
bool	connection_is_idle(const struct connection *c);
void	connection_check_deadline(struct connection *c, int64_t now);
/* A worker has finished j: write its answer; frees j. */
void	connection_answer(struct http_job *j);
/* -1 when the queue is full. */
NODISCARD int	http_server_enqueue(struct http_server *s, struct http_job *j);
#endif
