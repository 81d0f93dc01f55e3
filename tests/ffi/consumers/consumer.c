/* A program that uses the library as its users do: C99 and C++11 alike. Prints what it was built with. */
#include <iot_tunnel.h>
#include <stdio.h>
#include <string.h>

static iot_tunnel_text text(const char *string)
{
    iot_tunnel_text it;
    it.ptr = string;
    it.len = strlen(string);
    return it;
}

int main(void)
{
    size_t position = 0;
    iot_tunnel_text name;

    if (iot_tunnel_version() != IOT_TUNNEL_VERSION) {
        fprintf(stderr, "header %x, library %x\n", (unsigned)IOT_TUNNEL_VERSION, (unsigned)iot_tunnel_version());
        return 1;
    }
    if (iot_tunnel_tunnel_id_check(text("tunnel-7"), NULL) != IOT_TUNNEL_STATUS_OK) {
        return 2;
    }
    name = iot_tunnel_status_name(iot_tunnel_tunnel_id_check(text("tunnel/7"), &position));
    if (position != 6) {
        return 3;
    }
    printf("iot_tunnel %s says %.*s\n", IOT_TUNNEL_VERSION_STRING, (int)name.len, name.ptr);
    return 0;
}
