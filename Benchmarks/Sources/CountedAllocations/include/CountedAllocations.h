#ifndef COUNTED_ALLOCATIONS_H
#define COUNTED_ALLOCATIONS_H

#include <stdint.h>

/// Calls of malloc and its relatives on this thread since it began.
uint64_t counted_allocations(void);

#endif
