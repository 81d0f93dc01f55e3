/* What the agent can be told. */
#ifndef AGENT_OPTIONS_H
#define AGENT_OPTIONS_H

#include <iot_tunnel.h>
#include <stdbool.h>
#include <stdint.h>

#include "place.h"

/* Services that a tunnel can have. */
enum { MAX_SERVICES = 3 };
/* Longest service name and thing name, each with a zero behind it. */
enum { NAME_SIZE = 129 };
/* How long a connection stays open after its service has ended its sending side without an answer, since the last byte of the
 * other side, in seconds (ours): long enough for the round trips and pauses of a transfer, short enough for a person. */
enum { HALF_CLOSE_SILENCE = 5 };
/* How long a service may take no byte while other connections wait behind it, in seconds (ours). */
enum { STALL_LIMIT = 10 };
/* Longest value of the two, in seconds: a day. */
enum { MAX_SECONDS = 86400 };

/* A service, and where it is. */
struct service {
    char name[NAME_SIZE]; /* empty: the one that the tunnel has */
    struct place place;
};

/* The certificates that Debian trusts. */
#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

struct options {
    const char *thing;
    struct place broker;
    bool broker_tls;
    const char *mqtt_ca;
    const char *mqtt_cert;
    const char *mqtt_key;
    const char *client_id; /* NULL: made of the thing's name */
    const char *endpoint;  /* NULL: AWS's, in the region that a notification names */
    const char *ca;        /* NULL: SYSTEM_CA */
    struct service services[MAX_SERVICES];
    uint32_t service_count;
    unsigned half_close_silence; /* seconds; 0: the end of one direction is the end of both */
    unsigned stall_limit;        /* seconds; 0: none */
    bool prints_ready;
};

/* Reads the command line, and looks into the files for the broker. Ends the program if there is nothing more to do: with 0
 * after --help and --version, with 2 and a message if something is wrong. What it gives lasts as long as `arguments`. */
void options_read(struct options *options, int count, char **arguments);
/* Says what is wrong with the value of a flag, and ends the program with 2. */
void options_refuse(const char *flag, const char *value, const char *why) __attribute__((noreturn));
/* Whether a service of a tunnel is here. */
bool options_serve(const struct options *options, iot_tunnel_text name);

#endif
