#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static const char HELP[] =
    "Be a device's agent: hear of tunnels over MQTT and connect to them\n"
    "\n"
    "Usage: agent [OPTIONS] --thing NAME --mqtt URL --destination-app [SERVICE=][HOST:]PORT,...\n"
    "\n"
    "      --thing NAME             the name of this thing: it hears of its tunnels at $aws/things/NAME/tunnels/notify\n"
    "      --mqtt URL               the MQTT broker: mqtt://host:port, or mqtts://host:port with TLS\n"
    "      --mqtt-ca FILE           root certificates to trust for the broker: a PEM file [default: " SYSTEM_CA "]\n"
    "      --mqtt-cert FILE         this thing's certificate, which the broker asks for: a PEM file\n"
    "      --mqtt-key FILE          the private key of --mqtt-cert: a PEM file\n"
    "      --mqtt-client-id ID      nobody else may use it at the same time [default: NAME-tunnel-agent]\n"
    "  -e, --proxy-endpoint HOST[:PORT]   the tunnels' service, always with TLS; wss:// may stand before it\n"
    "                               [default: AWS's in the region that a notification names]\n"
    "  -d, --destination-app LIST   where this thing's services are: up to 3 of [SERVICE=][HOST:]PORT, with commas between.\n"
    "                               HOST is localhost if none is given; SERVICE may be left out if there is only one\n"
    "  -c, --capath PATH            root certificates to trust for the tunnel: a PEM file, or a folder of them\n"
    "                               [default: " SYSTEM_CA "]\n"
    "      --ready                  print one JSON line on stdout when it is subscribed\n"
    "  -h, --help                   print this\n"
    "  -V, --version                print the version\n"
    "\n"
    "One tunnel at a time: the latest notification wins. A tunnel that another one has pushed out is served again when its\n"
    "destination's token is rotated. So is one whose agent was restarted: tokens are kept in memory only.\n"
    "\n"
    "Exit codes: 0 ended by SIGINT or SIGTERM, 1 something failed, 2 the command line is wrong.\n";

enum { THING = 256, MQTT, MQTT_CA, MQTT_CERT, MQTT_KEY, MQTT_CLIENT_ID, READY };

static const struct option FLAGS[] = {
    {"thing", required_argument, NULL, THING},
    {"mqtt", required_argument, NULL, MQTT},
    {"mqtt-ca", required_argument, NULL, MQTT_CA},
    {"mqtt-cert", required_argument, NULL, MQTT_CERT},
    {"mqtt-key", required_argument, NULL, MQTT_KEY},
    {"mqtt-client-id", required_argument, NULL, MQTT_CLIENT_ID},
    {"proxy-endpoint", required_argument, NULL, 'e'},
    {"destination-app", required_argument, NULL, 'd'},
    {"capath", required_argument, NULL, 'c'},
    {"ready", no_argument, NULL, READY},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* Says what is wrong with a flag, and ends. */
static void refuse(const char *flag, const char *why)
{
    say("%s: %s; see --help", flag, why);
    exit(2);
}

/* Ends unless the library is content. */
static void check(const char *flag, iot_tunnel_status status)
{
    if (status != IOT_TUNNEL_STATUS_OK) {
        char why[256];
        snprintf(why, sizeof why, "%.*s", SHOW(iot_tunnel_status_text(status)));
        refuse(flag, why);
    }
}

/* Takes host[:port] apart. The library knows what a host is. */
static void read_place(struct place *place, const char *flag, const char *text, unsigned default_port)
{
    char whole[HOST_SIZE + sizeof "[]:65535"];
    const char *bracket = strchr(text, ']');
    bool has_port = strchr(bracket == NULL ? text : bracket, ':') != NULL;
    int length = has_port ? snprintf(whole, sizeof whole, "%s", text)
                          : snprintf(whole, sizeof whole, "%s:%u", text, default_port);
    if (length < 0 || (size_t)length >= sizeof whole) {
        refuse(flag, "the host is too long");
    }
    iot_tunnel_text host;
    uint16_t port;
    check(flag, iot_tunnel_endpoint_split(text_of(whole), &host, &port));
    snprintf(place->host, sizeof place->host, "%.*s", SHOW(host));
    place->port = port;
}

static void read_broker(struct options *options, const char *url)
{
    if (strncmp(url, "mqtts://", 8) == 0) {
        options->broker_tls = true;
        url += 8;
    } else if (strncmp(url, "mqtt://", 7) == 0) {
        options->broker_tls = false;
        url += 7;
    } else {
        refuse("--mqtt", "expected mqtt://host:port or mqtts://host:port");
    }
    if (strchr(url, '@') != NULL) {
        refuse("--mqtt", "no user and password are taken: a thing shows its certificate, by --mqtt-cert and --mqtt-key");
    }
    read_place(&options->broker, "--mqtt", url, options->broker_tls ? 8883 : 1883);
}

static const char *read_endpoint(const char *text)
{
    if (strncmp(text, "ws://", 5) == 0) {
        refuse("--proxy-endpoint", "this agent speaks TLS only: wss://host:port, or host:port");
    }
    if (strncmp(text, "wss://", 6) == 0) {
        text += 6;
    }
    iot_tunnel_text host;
    uint16_t port;
    check("--proxy-endpoint", iot_tunnel_endpoint_split(text_of(text), &host, &port));
    return text;
}

static void read_service(struct service *service, char *entry)
{
    char *place = entry;
    char *equals = strchr(entry, '=');
    service->name[0] = '\0';
    if (equals != NULL) {
        *equals = '\0';
        place = equals + 1;
        check("--destination-app", iot_tunnel_service_id_check(text_of(entry), NULL));
        snprintf(service->name, sizeof service->name, "%s", entry);
    }
    if (strchr(place, ':') != NULL) {
        read_place(&service->place, "--destination-app", place, 0);
    } else {
        char local[HOST_SIZE];
        snprintf(local, sizeof local, "localhost:%s", place);
        read_place(&service->place, "--destination-app", local, 0);
    }
}

/* Cuts the list at its commas. It lies in the arguments, which are the program's to write to. */
static void read_services(struct options *options, char *list)
{
    const char *flag = "--destination-app";
    options->service_count = 0;
    for (char *comma = list; comma != NULL; list = comma + 1) {
        comma = strchr(list, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        if (options->service_count == MAX_SERVICES) {
            refuse(flag, "a tunnel has at most 3 services");
        }
        read_service(&options->services[options->service_count++], list);
    }
    for (uint32_t at = 0; at < options->service_count; at++) {
        if (options->service_count > 1 && options->services[at].name[0] == '\0') {
            refuse(flag, "with several services each needs a name: SERVICE=[HOST:]PORT");
        }
        for (uint32_t other = 0; other < at; other++) {
            if (strcmp(options->services[at].name, options->services[other].name) == 0) {
                refuse(flag, "the same service stands there twice");
            }
        }
    }
}

static void print_version(void)
{
    uint32_t version = iot_tunnel_version();
    printf("agent %u.%u.%u\n", (unsigned)(version >> 16), (unsigned)(version >> 8 & 0xFF), (unsigned)(version & 0xFF));
}

/* What must be there, and what goes together. */
static void check_together(const struct options *options)
{
    if (options->thing == NULL) {
        refuse("--thing", "it is missing");
    }
    if (options->broker.host[0] == '\0') {
        refuse("--mqtt", "it is missing");
    }
    if (options->service_count == 0) {
        refuse("--destination-app", "it is missing");
    }
    if ((options->mqtt_cert == NULL) != (options->mqtt_key == NULL)) {
        refuse("--mqtt-cert", "it goes with --mqtt-key, and neither without the other");
    }
    if (!options->broker_tls && (options->mqtt_ca != NULL || options->mqtt_cert != NULL)) {
        refuse("--mqtt", "certificates go with mqtts://");
    }
}

void options_read(struct options *options, int count, char **arguments)
{
    memset(options, 0, sizeof *options);
    int flag;
    while ((flag = getopt_long(count, arguments, "e:d:c:hV", FLAGS, NULL)) != -1) {
        switch (flag) {
        case THING:
            check("--thing", iot_tunnel_thing_name_check(text_of(optarg), NULL));
            options->thing = optarg;
            break;
        case MQTT: read_broker(options, optarg); break;
        case MQTT_CA: options->mqtt_ca = optarg; break;
        case MQTT_CERT: options->mqtt_cert = optarg; break;
        case MQTT_KEY: options->mqtt_key = optarg; break;
        case MQTT_CLIENT_ID: options->client_id = optarg; break;
        case 'e': options->endpoint = read_endpoint(optarg); break;
        case 'd': read_services(options, optarg); break;
        case 'c': options->ca = optarg; break;
        case READY: options->prints_ready = true; break;
        case 'h': fputs(HELP, stdout); exit(0);
        case 'V': print_version(); exit(0);
        default: fputs("agent: see --help\n", stderr); exit(2); /* getopt has said what is wrong */
        }
    }
    if (optind != count) {
        refuse(arguments[optind], "this is no flag");
    }
    check_together(options);
}

bool options_serve(const struct options *options, iot_tunnel_text name)
{
    for (uint32_t at = 0; at < options->service_count; at++) {
        const char *own = options->services[at].name;
        if (own[0] == '\0' || (strlen(own) == name.len && memcmp(own, name.ptr, name.len) == 0)) {
            return true;
        }
    }
    return false;
}
