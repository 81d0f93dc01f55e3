#include "text.h"

#include "semihost.h"

#include <iot_tunnel.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

struct out {
    char *at, *end;
};

static void put(struct out *out, const char *text, size_t length) {
    size_t room = (size_t)(out->end - out->at);
    size_t count = length < room ? length : room;
    memcpy(out->at, text, count);
    out->at += count;
}

static void put_number(struct out *out, unsigned number) {
    char digits[sizeof number * CHAR_BIT / 3 + 1];
    size_t start = sizeof digits;
    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put(out, &digits[start], sizeof digits - start);
}

size_t text_format_list(char *buffer, size_t capacity, const char *format, va_list arguments) {
    struct out out = {buffer, buffer + capacity - 1};
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            put(&out, at, 1);
            continue;
        }
        switch (*++at) {
        case 's': {
            const char *text = va_arg(arguments, const char *);
            put(&out, text, strlen(text));
            break;
        }
        case 'u':
            put_number(&out, va_arg(arguments, unsigned));
            break;
        case 't': {
            iot_tunnel_text text = va_arg(arguments, iot_tunnel_text);
            for (size_t n = 0; n < text.len; n++) {
                bool printable = text.ptr[n] >= ' ' && text.ptr[n] <= '~';
                put(&out, printable ? &text.ptr[n] : "?", 1);
            }
            break;
        }
        default:
            put(&out, at, 1);
        }
    }
    *out.at = '\0';
    return (size_t)(out.at - buffer);
}

size_t text_format(char *buffer, size_t capacity, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t length = text_format_list(buffer, capacity, format, arguments);
    va_end(arguments);
    return length;
}

void report(const char *format, ...) {
    char line[160];
    va_list arguments;
    va_start(arguments, format);
    size_t length = text_format_list(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    line[length] = '\n';
    line[length + 1] = '\0';
    semihost_write("firmware: ");
    semihost_write(line);
}
