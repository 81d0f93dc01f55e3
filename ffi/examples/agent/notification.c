#include "notification.h"

#include <stdio.h>
#include <string.h>

static const iot_tunnel_text NO_TEXT = {NULL, 0};

static void refuse(const char *why)
{
    say("a notification was refused, and nothing has changed: %s", why);
}

/* Whether a notification is for this device: only then may it replace what runs. */
static bool is_ours(const struct tunnel *tunnel, const iot_tunnel_notification *notification)
{
    bool has_ours = notification->service_count == 0;
    for (uint32_t at = 0; at < notification->service_count; at++) {
        has_ours |= options_serve(tunnel->options, notification->services[at]);
    }
    if (notification->client_mode != IOT_TUNNEL_SIDE_DESTINATION) {
        refuse("its clientMode is source, and a thing is the destination");
    } else if (!has_ours) {
        refuse("none of its services is here");
    }
    return notification->client_mode == IOT_TUNNEL_SIDE_DESTINATION && has_ours;
}

/* Remembers where a token is good: where the command line says, or at AWS in its region. */
static void aim(struct tunnel *tunnel, iot_tunnel_text region)
{
    size_t end = 0;
    if (tunnel->options->endpoint != NULL) {
        snprintf(tunnel->endpoint, sizeof tunnel->endpoint, "%s", tunnel->options->endpoint);
    } else if (iot_tunnel_endpoint_aws(region, false, tunnel->endpoint, sizeof tunnel->endpoint - 1, &end) ==
               IOT_TUNNEL_STATUS_OK) {
        tunnel->endpoint[end] = '\0';
    }
}

/* Whether there is a token that a notification would replace. */
static bool has_token(const struct tunnel *tunnel)
{
    iot_tunnel_session_status status;
    return iot_tunnel_session_describe(&tunnel->session, &status) == IOT_TUNNEL_STATUS_OK &&
           status.state != IOT_TUNNEL_SESSION_STATE_AWAITING_TOKEN && status.state != IOT_TUNNEL_SESSION_STATE_CLOSED;
}

void notification_take(struct tunnel *tunnel, uint8_t *payload, size_t length, bool retained)
{
    iot_tunnel_notification notification;
    iot_tunnel_token_taken taken;
    uint8_t entropy[64];
    char why[256] = "";
    size_t end;
    if (retained && has_token(tunnel)) {
        say("a retained notification may be an old one, and nothing has changed");
        return;
    }
    if (iot_tunnel_notification_parse(payload, length, &notification) != IOT_TUNNEL_STATUS_OK) {
        (void)iot_tunnel_notification_explain(payload, length, why, sizeof why - 1, &end);
        refuse(why);
        return;
    }
    if (!is_ours(tunnel, &notification)) {
        return;
    }
    host_draw(entropy, sizeof entropy);
    iot_tunnel_status status = iot_tunnel_session_handle_token(
        &tunnel->session, host_now(), notification.client_mode, notification.client_access_token,
        IOT_TUNNEL_BINDING_FRESH, NO_TEXT, entropy, &taken);
    explicit_bzero(entropy, sizeof entropy);
    if (status != IOT_TUNNEL_STATUS_OK) {
        snprintf(why, sizeof why, "%.*s", SHOW(iot_tunnel_status_text(status)));
        refuse(why);
    } else if (taken != IOT_TUNNEL_TOKEN_TAKEN_NEW) {
        say("a notification came again, and nothing has changed");
    } else {
        say("a new access token came");
        aim(tunnel, notification.region);
    }
}
