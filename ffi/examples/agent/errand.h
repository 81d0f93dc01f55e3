/* A call that may take its time, such as the lookup of a name: it runs in a thread of its own, and the others go on. */
#ifndef AGENT_ERRAND_H
#define AGENT_ERRAND_H

#include <stdbool.h>

#include "host.h"

struct errand;

/* What is run in the thread, and what lets go of its argument afterwards, in the one thread or in the other. */
typedef void errand_call(void *what);

/* Begins. NULL if there is no thread for it, and errno says why; then `what` is still the caller's. */
struct errand *errand_begin(errand_call *run, errand_call *free_it, void *what);
/* Whether it has returned. */
bool errand_is_done(const struct errand *errand);
/* Its argument, once it has returned; before, that is the thread's alone. */
void *errand_what(const struct errand *errand);
/* Lets go of it, also while it still runs: then it lets go of itself at its end. */
void errand_leave(struct errand *errand);
void errand_watch(const struct errand *errand, struct wait *wait);

/* Whether any runs, be it one that nobody waits for. */
bool errand_any_runs(void);

#endif
