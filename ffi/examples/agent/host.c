#include "host.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

void say(const char *format, ...)
{
    char line[1024]; /* What is longer is cut. */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *at = line; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            *at = '?';
        }
    }
    fprintf(stderr, "agent: %s\n", line);
}

void shown(iot_tunnel_bytes text, char *buffer, size_t size)
{
    size_t length = 0;
    /* As much of it as has room. */
    while (iot_tunnel_peer_text_write(text, buffer, size - 1, &length) != IOT_TUNNEL_STATUS_OK && text.len > 0) {
        text.len--;
        length = 0;
    }
    buffer[length] = '\0';
}

uint64_t host_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void host_draw(void *bytes, size_t count)
{
    ssize_t drawn;
    do {
        drawn = getrandom(bytes, count, 0);
    } while (drawn < 0 && errno == EINTR);
    if (drawn != (ssize_t)count) {
        say("the kernel gives no random bytes: %s", strerror(errno));
        exit(1);
    }
}

iot_tunnel_text text_of(const char *string)
{
    iot_tunnel_text text = {string, strlen(string)};
    return text;
}

void wait_begin(struct wait *wait)
{
    wait->count = 0;
    wait->until = NEVER;
}

void wait_for(struct wait *wait, int socket, int events)
{
    if (events != 0) {
        wait_for_end(wait, socket, events);
    }
}

void wait_for_end(struct wait *wait, int socket, int events)
{
    if (wait->count < MAX_SOCKETS) {
        wait->sockets[wait->count].fd = socket;
        wait->sockets[wait->count].events = (short)events;
        wait->count++;
    }
}

void wait_until(struct wait *wait, uint64_t deadline)
{
    if (deadline < wait->until) {
        wait->until = deadline;
    }
}

void wait_end(struct wait *wait)
{
    uint64_t now = host_now();
    uint64_t left = wait->until > now ? wait->until - now : 0;
    int timeout = wait->until == NEVER ? -1 : left < INT_MAX ? (int)left : INT_MAX;
    /* What it waited for, everybody finds out by trying: no call after it blocks. */
    (void)poll(wait->sockets, wait->count, timeout);
}
