#ifndef HALL_SINK_H
#define HALL_SINK_H
#include "gate/gate.h"
#include "hall/hall.h"
/*
 * Where gate delivers facts: paid, refunded, QR ready, identity proved.  The gate process opens
 * the hall, sets it with hall_sink_use and passes &hall_sink to gate.
 */
extern const struct gate_sink hall_sink;
void	hall_sink_use(struct hall *h);
#endif
