/* What this device serves: the services ECHO, and HTTP with a status page. */

#ifndef APP_H
#define APP_H

#include <iot_tunnel.h>
#include <stdbool.h>

enum app_service { APP_ECHO, APP_HTTP, APP_SERVICES };

/* Their names, each at its place. */
extern const iot_tunnel_text app_names[APP_SERVICES];

/* A connection has started, has brought bytes, or is over. If it `replaces`, all others of its service are. */
void app_started(iot_tunnel_connection connection, bool replaces);
void app_received(iot_tunnel_connection connection, iot_tunnel_bytes bytes);
void app_ended(iot_tunnel_connection connection);

/* Every connection is over: of a service, or of all. */
void app_ended_service(uint32_t service);
void app_ended_all(void);

#endif
