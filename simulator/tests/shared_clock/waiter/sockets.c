#include "waiter.h"
const struct part socket_waits[] = {{NULL, NULL}};
