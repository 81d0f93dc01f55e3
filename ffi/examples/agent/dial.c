#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* An address that does not answer is given up 7 s after the first of 3 SYNs: it must not use up the time for the others. */
static const int SYN_RETRIES = 2;
static const int YES = 1;

/* A question for getaddrinfo, and its answer. */
struct question {
    char *host;
    char port[sizeof "65535"];
    struct addrinfo *addresses;
    int failure; /* of getaddrinfo */
    int broke;   /* the errno with EAI_SYSTEM */
};

/* All addresses are asked for, and tried one after the other. AI_ADDRCONFIG would leave out the families that this device has
 * no address of, and loopback does not count: on a device with IPv6 only, its own 127.0.0.1 could not be reached. */
static int look_up(const char *host, const char *port, int flags, struct addrinfo **addresses)
{
    const struct addrinfo wanted = {.ai_flags = AI_NUMERICSERV | flags, .ai_socktype = SOCK_STREAM};
    *addresses = NULL;
    return getaddrinfo(host, port, &wanted, addresses);
}

static void ask(void *context)
{
    struct question *question = context;
    question->failure = look_up(question->host, question->port, 0, &question->addresses);
    question->broke = errno;
}

static void free_question(void *context)
{
    struct question *question = context;
    if (question->addresses != NULL) {
        freeaddrinfo(question->addresses);
    }
    free(question->host);
    free(question);
}

static enum dialled fail_lookup(struct dial *dial, int failure, int broke)
{
    dial->why = failure == EAI_SYSTEM ? strerror(broke) : gai_strerror(failure);
    return DIAL_FAILED;
}

static enum dialled begin_lookup(struct dial *dial, const char *host, const char *port)
{
    struct question *question = calloc(1, sizeof *question);
    if (question != NULL) {
        snprintf(question->port, sizeof question->port, "%s", port);
        question->host = strdup(host);
        dial->lookup = question->host == NULL ? NULL : errand_begin(ask, free_question, question);
    }
    if (dial->lookup == NULL) {
        int broke = errno;
        if (question != NULL) {
            free_question(question);
        }
        return fail_lookup(dial, EAI_SYSTEM, broke);
    }
    return DIAL_WAITS;
}

enum dialled dial_begin(struct dial *dial, const char *host, unsigned port)
{
    char service[sizeof "65535"];
    snprintf(service, sizeof service, "%u", port & 0xFFFFU);
    *dial = (struct dial){.socket = -1, .why = ""};
    /* Without a host getaddrinfo answers loopback's addresses, which is what localhost is (RFC 6761, 6.3). */
    const char *address = strcasecmp(host, "localhost") == 0 ? NULL : host;
    int failure = look_up(address, service, AI_NUMERICHOST, &dial->addresses);
    if (failure == EAI_NONAME) {
        return begin_lookup(dial, host, service);
    }
    if (failure != 0) {
        return fail_lookup(dial, failure, errno);
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
    if (dial->lookup != NULL) {
        if (!errand_is_done(dial->lookup)) {
            return DIAL_WAITS;
        }
        struct question *question = errand_what(dial->lookup);
        int failure = question->failure, broke = question->broke;
        dial->addresses = dial->next = question->addresses;
        question->addresses = NULL;
        errand_leave(dial->lookup);
        dial->lookup = NULL;
        if (failure != 0) {
            return fail_lookup(dial, failure, broke);
        }
    }
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
    if (dial->addresses != NULL) {
        freeaddrinfo(dial->addresses);
    }
    dial->addresses = dial->next = NULL;
    return dial->socket < 0 ? DIAL_FAILED : DIAL_DONE;
}

void dial_end(struct dial *dial)
{
    if (dial->lookup != NULL) {
        errand_leave(dial->lookup);
        dial->lookup = NULL;
    }
    if (dial->addresses != NULL) {
        freeaddrinfo(dial->addresses);
        dial->addresses = dial->next = NULL;
        if (dial->socket >= 0) {
            close(dial->socket);
        }
    }
}

void dial_watch(const struct dial *dial, struct wait *wait)
{
    if (dial->lookup != NULL) {
        errand_watch(dial->lookup, wait);
    } else if (dial->socket >= 0) {
        wait_for(wait, dial->socket, POLLOUT);
    }
}
