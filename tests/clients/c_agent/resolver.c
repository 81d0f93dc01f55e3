/* Preloaded into the agent, it knows two names more than the system:
 *   slow.test   this machine, once there is a file RESOLVER_GATE
 *   both.test   this machine, by IPv6 and then by IPv4 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **answer)
{
    lookup *real;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    int is_numeric = hints != NULL && (hints->ai_flags & AI_NUMERICHOST) != 0;
    if (name != NULL && !is_numeric && strcmp(name, "slow.test") == 0) {
        while (access(getenv("RESOLVER_GATE"), F_OK) != 0) {
            usleep(10000);
        }
        return real("127.0.0.1", service, hints, answer);
    }
    if (name != NULL && !is_numeric && strcmp(name, "both.test") == 0) {
        int failure = real("::1", service, hints, answer);
        return failure != 0 ? failure : real("127.0.0.1", service, hints, &(*answer)->ai_next);
    }
    return real(name, service, hints, answer);
}
