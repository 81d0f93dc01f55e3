/* A firmware that links nothing but the library: no C library, no start-up code. */
#include <iot_tunnel.h>

int main(void)
{
    iot_tunnel_text id = { "tunnel-7", 8 };
    return iot_tunnel_version() == IOT_TUNNEL_VERSION && iot_tunnel_tunnel_id_check(id, 0) == IOT_TUNNEL_STATUS_OK ? 0 : 1;
}
