#ifndef DOC_SEAL_OWN_H
#define DOC_SEAL_OWN_H
#include <pthread.h>
/* Between the files of seals' pictures: seal.c draws, seal_cut.c cuts out. */
#define SEAL_DPI	300
/* Pictures are large, and Pango's font map is not made for several threads. */
extern pthread_mutex_t	 seal_lock;
#endif
