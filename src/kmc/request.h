#ifndef KMC_REQUEST_H
#define KMC_REQUEST_H
/* The version of kmc's request table; a change in any request or answer raises it. */
#define KMC_VERSION	10
#endif
