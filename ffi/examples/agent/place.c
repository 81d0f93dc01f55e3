#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

void place_set(struct place *place, iot_tunnel_text host, unsigned port)
{
    snprintf(place->host, sizeof place->host, "%.*s", SHOW(host));
    place->port = port;
    bool is_ipv6 = strchr(place->host, ':') != NULL;
    snprintf(place->text, sizeof place->text, is_ipv6 ? "[%s]:%u" : "%s:%u", place->host, port);
}

/* Whether it is 1 to 65535, in digits only and no more than needed. */
static bool is_port(const char *text)
{
    size_t length = strspn(text, "0123456789");
    return length > 0 && length <= 5 && text[length] == '\0' && text[0] != '0' && atoi(text) <= 65535;
}

/* The library knows what a host is, and says of a port only that something is wrong: so that is looked at first. */
const char *place_read(struct place *place, const char *text, unsigned default_port)
{
    char whole[sizeof place->text];
    const char *bracket = strchr(text, ']');
    const char *colon = strchr(bracket == NULL ? text : bracket, ':');
    if (strchr(text, '@') != NULL) {
        return "a user and a password are not allowed";
    }
    if (strchr(text, '/') != NULL) {
        return "a path is not allowed";
    }
    if (bracket == NULL && colon != NULL && strchr(colon + 1, ':') != NULL) {
        return "an IPv6 address stands in brackets";
    }
    if (colon == NULL ? default_port == 0 : !is_port(colon + 1)) {
        return "a port is 1 to 65535";
    }
    int length = colon != NULL ? snprintf(whole, sizeof whole, "%s", text)
                               : snprintf(whole, sizeof whole, "%s:%u", text, default_port);
    iot_tunnel_text host;
    uint16_t port;
    if (length < 0 || (size_t)length >= sizeof whole ||
        iot_tunnel_endpoint_split(text_of(whole), &host, &port) != IOT_TUNNEL_STATUS_OK) {
        return "a host is a name of at most 253 of [a-zA-Z0-9._-], or an address";
    }
    place_set(place, host, port);
    return NULL;
}
