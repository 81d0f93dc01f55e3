/* A notification: whether it is for this device, and its token, which the session takes. */
#ifndef AGENT_NOTIFICATION_H
#define AGENT_NOTIFICATION_H

#include "tunnel.h"

/* Takes a notification, and a token out of it. Whatever a broker sends may come here.
 *
 * A retained one is taken only while there is no token: it may be older than any that was ever rotated, the session knows only
 * its last few tokens again, and an old one in the place of a good one would cost the tunnel. */
void notification_take(struct tunnel *tunnel, uint8_t *payload, size_t length, bool retained);

#endif
