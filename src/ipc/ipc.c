#include "base/base.h"
#include "ipc/ipc.h"
