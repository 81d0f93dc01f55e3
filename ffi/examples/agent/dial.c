#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An address that does not answer is given up 7 s after the first of 3 SYNs: it must not use up the time for the others. */
static const int SYN_RETRIES = 2;
static const int YES = 1;

enum dialled dial_begin(struct dial *dial, const char *host, unsigned port)
{
    const struct addrinfo wanted = {.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM};
    char service[sizeof "65535"];
    snprintf(service, sizeof service, "%u", port & 0xFFFFU);
    dial->socket = -1;
    dial->addresses = dial->next = NULL;
    dial->why = "";
    int failure = getaddrinfo(host, service, &wanted, &dial->addresses);
    if (failure != 0) {
        dial->why = failure == EAI_SYSTEM ? strerror(errno) : gai_strerror(failure);
        return DIAL_FAILED;
    }
    dial->next = dial->addresses;
    return dial_run(dial);
}

static int open_socket(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        /* A keystroke must not wait for an acknowledgement; without these it does, and nothing else fails. */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &YES, sizeof YES);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &SYN_RETRIES, sizeof SYN_RETRIES);
    }
    return fd;
}

enum dialled dial_run(struct dial *dial)
{
    for (; dial->next != NULL; dial->next = dial->next->ai_next) {
        if (dial->socket < 0) {
            dial->socket = open_socket(dial->next);
        }
        /* Asked again, connect says how the connection stands. */
        if (dial->socket >= 0 && connect(dial->socket, dial->next->ai_addr, dial->next->ai_addrlen) == 0) {
            break;
        }
        if (dial->socket >= 0 && (errno == EINPROGRESS || errno == EALREADY || errno == EINTR)) {
            return DIAL_WAITS;
        }
        if (dial->socket >= 0 && errno == EISCONN) {
            break;
        }
        dial->why = strerror(errno);
        if (dial->socket >= 0) {
            close(dial->socket);
            dial->socket = -1;
        }
    }
    freeaddrinfo(dial->addresses);
    dial->addresses = dial->next = NULL;
    return dial->socket < 0 ? DIAL_FAILED : DIAL_DONE;
}

void dial_end(struct dial *dial)
{
    if (dial->addresses != NULL) {
        freeaddrinfo(dial->addresses);
        dial->addresses = dial->next = NULL;
        if (dial->socket >= 0) {
            close(dial->socket);
        }
    }
}
