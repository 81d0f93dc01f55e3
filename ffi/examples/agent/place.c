#include "place.h"

#include <stdio.h>
#include <string.h>

#include "host.h"

void place_set(struct place *place, iot_tunnel_text host, unsigned port)
{
    snprintf(place->host, sizeof place->host, "%.*s", SHOW(host));
    place->port = port;
    bool is_ipv6 = strchr(place->host, ':') != NULL;
    snprintf(place->text, sizeof place->text, is_ipv6 ? "[%s]:%u" : "%s:%u", place->host, port);
}

bool place_read(struct place *place, const char *text, unsigned default_port, char why[WHY_SIZE])
{
    iot_tunnel_text host;
    uint16_t port;
    /* What an address of the web may have, the library takes for a strange port. */
    if (strpbrk(text, "@/") != NULL) {
        snprintf(why, WHY_SIZE, strchr(text, '@') != NULL ? "a user and a password are not allowed" : "a path is not allowed");
        return false;
    }
    iot_tunnel_status status = iot_tunnel_endpoint_split(text_of(text), &host, &port);
    if (status != IOT_TUNNEL_STATUS_OK) {
        size_t length;
        if (iot_tunnel_endpoint_explain(text_of(text), why, WHY_SIZE - 1, &length) == IOT_TUNNEL_STATUS_OK) {
            why[length] = '\0';
        } else {
            snprintf(why, WHY_SIZE, "%.*s", SHOW(iot_tunnel_status_text(status)));
        }
        return false;
    }
    const char *bracket = strchr(text, ']');
    if (strchr(bracket == NULL ? text : bracket, ':') == NULL) {
        if (default_port == 0) {
            snprintf(why, WHY_SIZE, "the port is missing");
            return false;
        }
        port = (uint16_t)default_port;
    }
    place_set(place, host, port);
    return true;
}
