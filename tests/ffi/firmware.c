/* A program without an operating system that links the library of `make firmware`. It is linked, not run: the firmware of
   ffi/examples runs. */
#include <iot_tunnel.h>

int32_t firmware_main(const char *id, size_t length);

int32_t firmware_main(const char *id, size_t length)
{
    iot_tunnel_text text = {id, length};

    if (iot_tunnel_version() != IOT_TUNNEL_VERSION) {
        return -1;
    }
    return iot_tunnel_tunnel_id_check(text, NULL);
}
