/* Text out of pieces, without the heap that printf of newlib brings along. */

#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes `format` to the start of `buffer`, with a NUL behind it, and cuts what has no room; returns its length.
 *   %s  const char *      a C string
 *   %u  unsigned          in decimal
 *   %t  iot_tunnel_text   the library's, or a peer's: what is not printable ASCII becomes `?` */
size_t text_format(char *buffer, size_t capacity, const char *format, ...);
size_t text_format_list(char *buffer, size_t capacity, const char *format, va_list arguments);

/* Says a line on the console, behind "firmware: ". */
void report(const char *format, ...);

#endif
