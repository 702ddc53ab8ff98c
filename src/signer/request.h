#ifndef SIGNER_REQUEST_H
#define SIGNER_REQUEST_H
#include "pki/statement.h"
/* The version of the signer's request table; a change in any request or answer raises it. */
#define SIGNER_VERSION	12
#endif
