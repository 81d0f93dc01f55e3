/* The files that TLS to the broker is made of.
 *
 * libmosquitto reads them with OpenSSL, does not say which one is wrong, nor why, and looks into some of them only when it
 * connects. So they are read here once, by mbedTLS, when the agent starts: one that is of no use is named, and the program ends
 * with 2. */
#ifndef AGENT_PEM_H
#define AGENT_PEM_H

/* There must be a certificate in it. */
void pem_check_roots(const char *flag, const char *path);
/* A certificate and its private key: of --mqtt-cert and --mqtt-key. */
void pem_check_identity(const char *certificate, const char *key);

#endif
