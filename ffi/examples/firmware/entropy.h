/* Random bytes for client tokens, handshakes and masks; and what becomes of secrets. */

#ifndef ENTROPY_H
#define ENTROPY_H

#include <stddef.h>

/* Opens the source; once. Without one the firmware ends: nothing it could do would be safe. */
void entropy_start(void);

/* Fills `buffer` with fresh random bytes. */
void entropy_fill(void *buffer, size_t length);

/* Zeroes what was secret, for good: the compiler must not leave it out. */
void entropy_wipe(void *secret, size_t length);

#endif
