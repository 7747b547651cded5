#include "waiter.h"
const struct part timer_waits[] = {{NULL, NULL}};
