/* Random bytes for client tokens, handshakes and masks. */

#ifndef ENTROPY_H
#define ENTROPY_H

#include <stddef.h>

/* Opens the source; once. Without one the firmware ends: nothing it could do would be safe. */
void entropy_start(void);

/* Fills `buffer` with fresh random bytes. */
void entropy_fill(void *buffer, size_t length);

#endif
