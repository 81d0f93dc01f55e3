/* Storage has room that nobody writes before it is needed. A test that looks at all of it says so to valgrind. */
#ifndef KNOWN_H
#define KNOWN_H

#include <stddef.h>

#ifdef __has_include
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif

static inline void known(const void *memory, size_t size)
{
#ifdef VALGRIND_MAKE_MEM_DEFINED
    (void)VALGRIND_MAKE_MEM_DEFINED(memory, size);
#else
    (void)memory;
    (void)size;
#endif
}

#endif
