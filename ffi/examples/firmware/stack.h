/* How much of the stack was ever used: it is painted at reset, and what the paint is off was used. */

#ifndef STACK_H
#define STACK_H

#include <stddef.h>

/* Paints what is free; once, at reset. */
void stack_paint(void);

/* Its size, and the most that was ever used of it, in bytes. */
size_t stack_size(void);
size_t stack_used(void);

#endif
