#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/version.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#endif
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A service may leave pings unanswered, so that TCP has to find out that its peer is gone. An idle connection is probed after 20 s,
 * then every 10 s, and ends after 3 probes without an answer. */
static const int KEEPALIVE_IDLE_S = 20, KEEPALIVE_INTERVAL_S = 10, KEEPALIVE_PROBES = 3;
/* What was sent must be acknowledged within 50 s. TCP_USER_TIMEOUT is no means to this end: it also ends a connection whose peer
 * acknowledges everything and has no room for more, as that of a download which pauses. */
static const unsigned ACK_TIMEOUT_MS = 50000;
/* So many probes of a peer without room are unanswered when it counts as gone. */
static const unsigned WINDOW_PROBES = 3;

/* The tag of an iPAddress among the names of a certificate (RFC 5280, 4.2.1.6). */
enum { IP_ADDRESS_TAG = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7 };

/* Keeps why something failed, in mbedTLS's words. */
static int fail(struct tls *tls, int status)
{
    uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
    if (status == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED && flags != 0 && flags != UINT32_MAX) {
        char reasons[160];
        mbedtls_x509_crt_verify_info(reasons, sizeof reasons, "", flags);
        reasons[strcspn(reasons, "\n")] = '\0';
        snprintf(tls->why, sizeof tls->why, "its certificate is not trusted: %s", reasons);
    } else if (status == MBEDTLS_ERR_NET_SEND_FAILED || status == MBEDTLS_ERR_NET_RECV_FAILED) {
        snprintf(tls->why, sizeof tls->why, "%s", strerror(tls->broke));
    } else {
        mbedtls_strerror(status, tls->why, sizeof tls->why);
    }
    return TLS_FAILED;
}

static int fail_as(struct tls *tls, const char *why)
{
    snprintf(tls->why, sizeof tls->why, "%s", why);
    return TLS_FAILED;
}

/* Whether mbedTLS only wants to be called again. */
static bool is_early(int status)
{
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
    if (status == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        return true;
    }
#endif
    return status == MBEDTLS_ERR_SSL_WANT_READ || status == MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int write_socket(void *context, const unsigned char *bytes, size_t count)
{
    struct tls *tls = context;
    ssize_t sent = send(tls->socket, bytes, count, MSG_NOSIGNAL);
    if (sent >= 0) {
        return (int)sent;
    }
    tls->broke = errno;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_SEND_FAILED;
}

static int read_socket(void *context, unsigned char *bytes, size_t count)
{
    struct tls *tls = context;
    ssize_t received = recv(tls->socket, bytes, count, 0);
    if (received >= 0) {
        return (int)received;
    }
    tls->broke = errno;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_RECV_FAILED;
}

/* The address that a host is, in the bytes of a certificate. 0 if it is a name. */
static size_t address_of(const char *host, uint8_t address[16])
{
    if (inet_pton(AF_INET, host, address) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, host, address) == 1 ? 16 : 0;
}

/* mbedTLS before 3.5 knows only names of hosts; an address is compared here. */
static int verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    const struct tls *tls = context;
    uint8_t address[16];
    size_t length = address_of(tls->place.host, address);
    if (depth != 0 || length == 0) {
        return 0;
    }
    for (const mbedtls_x509_sequence *name = &certificate->subject_alt_names; name != NULL; name = name->next) {
        if (name->buf.tag == IP_ADDRESS_TAG && name->buf.len == length && memcmp(name->buf.p, address, length) == 0) {
            return 0;
        }
    }
    *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return 0;
}

static int read_roots(struct tls *tls, const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        return fail_as(tls, strerror(errno));
    }
    int status = S_ISDIR(about.st_mode) ? mbedtls_x509_crt_parse_path(&tls->roots, path)
                                        : mbedtls_x509_crt_parse_file(&tls->roots, path);
    /* Those that it cannot read it counts: one of a hundred does no harm. */
    if (status < 0) {
        return fail(tls, status);
    }
    return tls->roots.version == 0 ? fail_as(tls, "there is no certificate in it") : 0;
}

bool tls_init(struct tls *tls, const char *roots)
{
    memset(tls, 0, sizeof *tls);
    tls->socket = -1;
    mbedtls_entropy_init(&tls->entropy);
    mbedtls_ctr_drbg_init(&tls->random);
    mbedtls_x509_crt_init(&tls->roots);
    mbedtls_ssl_config_init(&tls->config);
    mbedtls_ssl_init(&tls->ssl);
#if MBEDTLS_VERSION_MAJOR >= 3
    (void)psa_crypto_init(); /* TLS 1.3 is made of it, and fails by itself without. */
#endif
    int status = mbedtls_ctr_drbg_seed(&tls->random, mbedtls_entropy_func, &tls->entropy, NULL, 0);
    if (status == 0) {
        status = mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                             MBEDTLS_SSL_PRESET_DEFAULT);
    }
    mbedtls_ssl_conf_rng(&tls->config, mbedtls_ctr_drbg_random, &tls->random);
    mbedtls_ssl_conf_authmode(&tls->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&tls->config, &tls->roots, NULL);
    mbedtls_ssl_conf_verify(&tls->config, verify, tls);
#if MBEDTLS_VERSION_MAJOR < 3
    /* Nothing older than TLS 1.2, which later versions of mbedTLS do not know. */
    mbedtls_ssl_conf_min_version(&tls->config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
    if (status == 0) {
        status = mbedtls_ssl_setup(&tls->ssl, &tls->config);
    }
    if (status != 0) {
        fail(tls, status);
        say("mbedTLS cannot begin: %s", tls->why);
        return false;
    }
    mbedtls_ssl_set_bio(&tls->ssl, tls, write_socket, read_socket, NULL);
    if (read_roots(tls, roots) != 0) {
        options_refuse("--capath", roots, tls->why);
    }
    return true;
}

void tls_free(struct tls *tls)
{
    tls_close(tls);
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->roots);
    mbedtls_ctr_drbg_free(&tls->random);
    mbedtls_entropy_free(&tls->entropy);
}

/* Without these a connection works as well, and only a loss is noticed later. */
static void watch_link(int socket)
{
    const int yes = 1;
    (void)setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &KEEPALIVE_IDLE_S, sizeof KEEPALIVE_IDLE_S);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &KEEPALIVE_INTERVAL_S, sizeof KEEPALIVE_INTERVAL_S);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &KEEPALIVE_PROBES, sizeof KEEPALIVE_PROBES);
}

/* The TCP connection is there, or is not yet, or failed. */
static int dialled(struct tls *tls, enum dialled dialled)
{
    if (dialled == DIAL_WAITS) {
        return TLS_WAITS;
    }
    if (dialled == DIAL_FAILED) {
        return fail_as(tls, tls->dial.why);
    }
    uint8_t address[16];
    bool is_name = address_of(tls->place.host, address) == 0;
    int status = mbedtls_ssl_set_hostname(&tls->ssl, is_name ? tls->place.host : NULL);
    if (status != 0) {
        return fail(tls, status);
    }
    tls->socket = tls->dial.socket;
    watch_link(tls->socket);
    tls->state = TLS_HANDSHAKE;
    return tls_run(tls);
}

int tls_open(struct tls *tls, const struct place *place)
{
    tls->place = *place;
    tls->state = TLS_DIALLING;
    return dialled(tls, dial_begin(&tls->dial, place->host, place->port));
}

int tls_run(struct tls *tls)
{
    int status = 0;
    switch (tls->state) {
    case TLS_DOWN: return fail_as(tls, "it is not open");
    case TLS_DIALLING: return dialled(tls, dial_run(&tls->dial));
    case TLS_HANDSHAKE: status = mbedtls_ssl_handshake(&tls->ssl); break;
    case TLS_UP: return 0;
    }
    tls->writes = status == MBEDTLS_ERR_SSL_WANT_WRITE;
    if (is_early(status)) {
        return TLS_WAITS;
    }
    if (status != 0) {
        return fail(tls, status);
    }
    tls->state = TLS_UP;
    return 0;
}

int tls_read(struct tls *tls, uint8_t *bytes, size_t count)
{
    int status = mbedtls_ssl_read(&tls->ssl, bytes, count);
    if (status >= 0) {
        return status;
    }
    if (is_early(status)) {
        return TLS_WAITS;
    }
    return status == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? 0 : fail(tls, status);
}

bool tls_is_dead(const struct tls *tls)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info); /* An older kernel fills less of it. */
    if (tls->state != TLS_UP || getsockopt(tls->socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return false;
    }
    return info.tcpi_last_ack_recv >= ACK_TIMEOUT_MS && (info.tcpi_unacked > 0 || info.tcpi_probes >= WINDOW_PROBES);
}

bool tls_has_more(const struct tls *tls)
{
    int waiting = 0;
    return tls->state == TLS_UP && (mbedtls_ssl_check_pending(&tls->ssl) != 0 ||
                                    (ioctl(tls->socket, FIONREAD, &waiting) == 0 && waiting > 0));
}

int tls_write(struct tls *tls, const uint8_t *bytes, size_t count)
{
    int status = mbedtls_ssl_write(&tls->ssl, bytes, tls->unsent != 0 ? tls->unsent : count);
    if (is_early(status)) {
        tls->unsent = tls->unsent != 0 ? tls->unsent : count;
        return TLS_WAITS;
    }
    tls->unsent = 0;
    return status >= 0 ? status : fail(tls, status);
}

void tls_close(struct tls *tls)
{
    if (tls->state == TLS_UP) {
        (void)mbedtls_ssl_close_notify(&tls->ssl);
    }
    if (tls->state == TLS_DIALLING) {
        dial_end(&tls->dial);
    }
    if (tls->socket >= 0) {
        close(tls->socket);
        /* It clears its buffers, which held a token. */
        (void)mbedtls_ssl_session_reset(&tls->ssl);
    }
    tls->socket = -1;
    tls->state = TLS_DOWN;
    tls->writes = false;
    tls->unsent = 0;
}

void tls_watch(const struct tls *tls, struct wait *wait, bool reads, bool writes)
{
    switch (tls->state) {
    case TLS_DOWN: break;
    case TLS_DIALLING: dial_watch(&tls->dial, wait); break;
    case TLS_HANDSHAKE: wait_for(wait, tls->socket, tls->writes ? POLLOUT : POLLIN); break;
    case TLS_UP: wait_for(wait, tls->socket, (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)); break;
    }
}
