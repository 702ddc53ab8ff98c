#ifndef DOC_REQUEST_H
#define DOC_REQUEST_H
/* The version of doc's request table; a change in any request or answer raises it. */
#define DOC_VERSION	4
#endif
