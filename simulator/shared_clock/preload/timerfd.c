#include "shared_clock/preload/preload.h"
void fakemx_expire_timerfds(void) {}
