#ifndef GATE_REQUEST_H
#define GATE_REQUEST_H
/* The version of gate's request table; a change in any request or answer raises it. */
#define GATE_VERSION	2
#endif
