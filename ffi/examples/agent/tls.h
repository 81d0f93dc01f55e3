/* A TCP connection with TLS on it, by mbedTLS, that never makes anybody wait. */
#ifndef AGENT_TLS_H
#define AGENT_TLS_H

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "dial.h"
#include "host.h"
#include "options.h"

/* Most bytes in one record: what is written in pieces of this size is not cut further. */
enum { TLS_RECORD = 16384 };

struct tls {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt roots;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    enum { TLS_DOWN, TLS_DIALLING, TLS_HANDSHAKE, TLS_UP } state;
    struct dial dial;
    struct place place;
    int socket;    /* -1: there is none */
    bool writes;   /* the handshake waits until the socket takes more */
    size_t unsent; /* what tls_write was given when it had to wait: it must be the same again */
    int broke;     /* the errno of the socket */
    char why[256]; /* why it failed or broke */
};

/* How a call went. */
enum { TLS_WAITS = -1, TLS_FAILED = -2 };

/* Reads the roots to trust, a file or a folder, which ends the program with 2 if there are none. Says if mbedTLS cannot begin. */
bool tls_init(struct tls *tls, const char *roots);
void tls_free(struct tls *tls);

/* Begins a connection. Call tls_run for as long as it waits: 0 when it is up. */
int tls_open(struct tls *tls, const struct place *place);
int tls_run(struct tls *tls);
/* How many bytes were read, 0 at the peer's end. */
int tls_read(struct tls *tls, uint8_t *bytes, size_t count);
/* Whether bytes wait to be read. */
bool tls_has_more(const struct tls *tls);
/* Whether the peer has acknowledged nothing for so long that it must be gone. */
bool tls_is_dead(const struct tls *tls);
/* How many of the bytes were written. If it waits, these bytes come first the next time, whatever is behind them. */
int tls_write(struct tls *tls, const uint8_t *bytes, size_t count);
/* Ends whatever there is, and wipes what is left of it. */
void tls_close(struct tls *tls);

/* Waits until tls_run, tls_read or tls_write may do something. */
void tls_watch(const struct tls *tls, struct wait *wait, bool reads, bool writes);

#endif
