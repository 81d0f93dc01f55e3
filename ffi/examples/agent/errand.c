#include "errand.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Most that run at a time (ours): one for each that somebody waits for, and as many that nobody does any more. */
enum { MAX_RUNNING = 2 * MAX_SOCKETS };
/* Of a thread: what reads names may come as a plug-in and take some, and the 8 MiB of the main thread are too much. */
enum { STACK_BYTES = 512 * 1024 };

struct errand {
    errand_call *run;
    errand_call *free_it;
    void *what;
    int done;  /* an eventfd, readable once it has returned */
    bool left; /* one of the two threads needs it no more: the other one frees it */
};

static int running;

static void leave(struct errand *errand)
{
    if (__atomic_exchange_n(&errand->left, true, __ATOMIC_ACQ_REL)) {
        errand->free_it(errand->what);
        close(errand->done);
        free(errand);
    }
}

static void *go(void *context)
{
    const uint64_t one = 1;
    struct errand *errand = context;
    errand->run(errand->what);
    (void)__atomic_sub_fetch(&running, 1, __ATOMIC_RELAXED);
    ssize_t written = write(errand->done, &one, sizeof one);
    (void)written; /* An eventfd that nobody has written to takes a 1. */
    leave(errand);
    return NULL;
}

/* 0, or an errno. The signals that end the program are blocked already, so they stay with the main thread. */
static int start(struct errand *errand)
{
    pthread_t thread;
    pthread_attr_t attributes;
    int status = pthread_attr_init(&attributes);
    if (status == 0) {
        (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
        status = pthread_create(&thread, &attributes, go, errand);
        (void)pthread_attr_destroy(&attributes);
    }
    return status;
}

struct errand *errand_begin(errand_call *run, errand_call *free_it, void *what)
{
    struct errand *errand = malloc(sizeof *errand);
    if (errand == NULL) {
        return NULL;
    }
    *errand = (struct errand){run, free_it, what, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), false};
    int status = errand->done < 0 ? errno : 0;
    if (status == 0) {
        status = __atomic_add_fetch(&running, 1, __ATOMIC_RELAXED) > MAX_RUNNING ? EAGAIN : start(errand);
        if (status != 0) {
            (void)__atomic_sub_fetch(&running, 1, __ATOMIC_RELAXED);
            close(errand->done);
        }
    }
    if (status != 0) {
        free(errand);
        errno = status;
        return NULL;
    }
    return errand;
}

bool errand_is_done(const struct errand *errand)
{
    struct pollfd done = {.fd = errand->done, .events = POLLIN};
    return poll(&done, 1, 0) > 0;
}

void *errand_what(const struct errand *errand)
{
    return errand->what;
}

void errand_leave(struct errand *errand)
{
    leave(errand);
}

void errand_watch(const struct errand *errand, struct wait *wait)
{
    wait_for(wait, errand->done, POLLIN);
}

bool errand_any_runs(void)
{
    return __atomic_load_n(&running, __ATOMIC_RELAXED) > 0;
}
