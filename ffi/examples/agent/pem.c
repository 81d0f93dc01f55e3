#include "pem.h"

#include <errno.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "options.h"

/* mbedTLS 3 draws random numbers where it works with a private key. */
#if MBEDTLS_VERSION_MAJOR >= 3
static int draw(void *context, unsigned char *bytes, size_t count)
{
    (void)context;
    for (size_t at = 0; at < count; at += 256) {
        host_draw(bytes + at, count - at < 256 ? count - at : 256);
    }
    return 0;
}
#define WITH_RANDOM , draw, NULL
#else
#define WITH_RANDOM
#endif

/* Text in memory, with a zero behind it, as mbedTLS takes it. */
struct pem {
    unsigned char *bytes;
    size_t size;
};

/* Refuses a file, in mbedTLS's words. */
static void refuse(const char *flag, const char *path, int status)
{
    char why[128];
    mbedtls_strerror(status, why, sizeof why);
    options_refuse(flag, path, why);
}

/* `what` ends the line that begins one, in PEM. */
static struct pem load(const char *flag, const char *path, const char *what)
{
    char why[64];
    snprintf(why, sizeof why, "expected a PEM file with a %s in it", what);
    struct pem pem = {NULL, 0};
    struct stat about;
    if (stat(path, &about) != 0 || access(path, R_OK) != 0) {
        options_refuse(flag, path, strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        options_refuse(flag, path, why);
    }
    int status = mbedtls_pk_load_file(path, &pem.bytes, &pem.size);
    if (status != 0) {
        refuse(flag, path, status);
    }
    /* mbedTLS takes DER too, which OpenSSL does not find here. */
    if (strstr((const char *)pem.bytes, what) == NULL) {
        options_refuse(flag, path, why);
    }
    return pem;
}

/* It may have been a key. */
static void unload(struct pem *pem)
{
    mbedtls_platform_zeroize(pem->bytes, pem->size);
    free(pem->bytes);
}

static void read_certificates(mbedtls_x509_crt *certificates, const char *flag, const char *path)
{
    struct pem pem = load(flag, path, "CERTIFICATE");
    int status = mbedtls_x509_crt_parse(certificates, pem.bytes, pem.size);
    unload(&pem);
    /* Those that it cannot read it counts: one of a hundred does no harm. */
    if (certificates->version == 0) {
        refuse(flag, path, status);
    }
}

void pem_check_roots(const char *flag, const char *path)
{
    mbedtls_x509_crt roots;
    mbedtls_x509_crt_init(&roots);
    read_certificates(&roots, flag, path);
    mbedtls_x509_crt_free(&roots);
}

void pem_check_identity(const char *certificate, const char *key)
{
    static const char flag[] = "--mqtt-key";
    mbedtls_x509_crt shown;
    mbedtls_pk_context own;
    mbedtls_x509_crt_init(&shown);
    mbedtls_pk_init(&own);
    read_certificates(&shown, "--mqtt-cert", certificate);
    struct pem pem = load(flag, key, "PRIVATE KEY");
    int status = mbedtls_pk_parse_key(&own, pem.bytes, pem.size, NULL, 0 WITH_RANDOM);
    unload(&pem);
    if (status != 0) {
        refuse(flag, key, status);
    }
    if (mbedtls_pk_check_pair(&shown.pk, &own WITH_RANDOM) != 0) {
        options_refuse(flag, key, "it is not the key of the certificate in --mqtt-cert");
    }
    mbedtls_pk_free(&own);
    mbedtls_x509_crt_free(&shown);
}
