/* The debugger's services (Arm semihosting), which QEMU offers: a console, the host's files, and an end. */

#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdbool.h>
#include <stddef.h>

/* Writes text to the console. */
void semihost_write(const char *text);

/* Opens a file of the host for reading: its handle, negative if that is not possible. */
int semihost_open(const char *path);

/* Reads `length` bytes of it. Whether it gave so many. */
bool semihost_read(int handle, void *buffer, size_t length);

/* Ends QEMU. */
__attribute__((noreturn)) void semihost_exit(bool success);

#endif
