#include "options.h"

#include <getopt.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "pem.h"

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
    "      --mqtt-client-id ID      1 to 65535 bytes of UTF-8; nobody else may use it at the same time\n"
    "                               [default: NAME-tunnel-agent]\n"
    "  -e, --proxy-endpoint HOST[:PORT]   the tunnels' service, always with TLS; wss:// may stand before it\n"
    "                               [default: AWS's in the region that a notification names]\n"
    "  -d, --destination-app LIST   where this thing's services are: up to 3 of [SERVICE=][HOST:]PORT, with commas between.\n"
    "                               HOST is localhost if none is given; SERVICE may be left out if there is only one\n"
    "  -c, --capath PATH            root certificates to trust for the tunnel: a PEM file, or a folder of them\n"
    "                               [default: " SYSTEM_CA "]\n"
    "      --half-close-silence SECONDS   when a service has ended its sending side without an answer, keep its connection\n"
    "                               open until the other side was silent for so long; 0: end it at once [default: 5]\n"
    "      --stall-limit SECONDS    reset a connection whose service takes no byte for so long while other connections\n"
    "                               wait behind it, or for three times as long if it is alone; 0: never [default: 10]\n"
    "      --ready                  print one JSON line on stdout when it is subscribed\n"
    "  -h, --help                   print this\n"
    "  -V, --version                print the version\n"
    "\n"
    "One tunnel at a time: the latest notification wins. A tunnel that another one has pushed out is served again when its\n"
    "destination's token is rotated. So is one whose agent was restarted: tokens are kept in memory only.\n"
    "\n"
    "Exit codes: 0 ended by SIGINT or SIGTERM, 1 something failed, 2 the command line or a file of it is wrong.\n";

enum { THING = 256, MQTT, MQTT_CA, MQTT_CERT, MQTT_KEY, MQTT_CLIENT_ID, HALF_CLOSE, STALL, READY };

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
    {"half-close-silence", required_argument, NULL, HALF_CLOSE},
    {"stall-limit", required_argument, NULL, STALL},
    {"ready", no_argument, NULL, READY},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* Most of a value that is shown, in bytes. */
enum { MAX_SHOWN = 64 };
/* What a value looks like. */
#define BROKER_FORM "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"
#define ENDPOINT_FORM "HOST[:PORT] or wss://HOST[:PORT]"
#define SERVICE_FORM "[SERVICE=][HOST:]PORT"
/* Longest client id: the length of a string has two bytes in MQTT. */
enum { MAX_CLIENT_ID = 65535 };

/* Says what is wrong with a flag, and ends. */
static void refuse(const char *flag, const char *why) __attribute__((noreturn));
static void refuse(const char *flag, const char *why)
{
    say("%s: %s; see --help", flag, why);
    exit(2);
}

void options_refuse(const char *flag, const char *value, const char *why)
{
    /* A password may stand before it. */
    const char *at = strrchr(value, '@');
    const char *shown = at == NULL ? value : at;
    say("%s: '%s%.*s%s': %s; see --help", flag, at == NULL ? "" : "...", MAX_SHOWN, shown,
        strlen(shown) > MAX_SHOWN ? "..." : "", why);
    exit(2);
}

/* Ends unless the library is content. */
static void check(const char *flag, const char *value, iot_tunnel_status status)
{
    if (status != IOT_TUNNEL_STATUS_OK) {
        char why[256];
        snprintf(why, sizeof why, "%.*s", SHOW(iot_tunnel_status_text(status)));
        options_refuse(flag, value, why);
    }
}

/* Reads the host and the port of a value, whose form people are told. */
static void read_place(struct place *place, const char *flag, const char *value, const char *form, const char *text,
                       unsigned default_port)
{
    char wrong[WHY_SIZE], why[256];
    if (!place_read(place, text, default_port, wrong)) {
        snprintf(why, sizeof why, "expected %s: %s", form, wrong);
        options_refuse(flag, value, why);
    }
}

static void read_broker(struct options *options, const char *url)
{
    static const char flag[] = "--mqtt";
    options->broker_tls = strncmp(url, "mqtts://", 8) == 0;
    if (strchr(url, '@') != NULL) {
        options_refuse(flag, url, "no user and password are taken: a thing shows its certificate, by --mqtt-cert and --mqtt-key");
    }
    if (!options->broker_tls && strncmp(url, "mqtt://", 7) != 0) {
        options_refuse(flag, url, "expected " BROKER_FORM);
    }
    const char *text = strstr(url, "://") + 3;
    read_place(&options->broker, flag, url, BROKER_FORM, text, options->broker_tls ? 8883 : 1883);
}

static const char *read_endpoint(const char *value)
{
    static const char flag[] = "--proxy-endpoint";
    const char *text = strncmp(value, "wss://", 6) == 0 ? value + 6 : value;
    struct place place;
    if (strstr(text, "://") != NULL) {
        options_refuse(flag, value, "expected " ENDPOINT_FORM ": this agent speaks TLS only");
    }
    read_place(&place, flag, value, ENDPOINT_FORM, text, 443);
    return text;
}

/* One entry of the list. */
static void read_service(struct service *service, const char *entry)
{
    static const char flag[] = "--destination-app";
    const char *equals = strchr(entry, '=');
    const char *text = equals == NULL ? entry : equals + 1;
    char local[sizeof service->place.text];
    service->name[0] = '\0';
    if (equals != NULL) {
        iot_tunnel_text name = {entry, (size_t)(equals - entry)};
        check(flag, entry, iot_tunnel_service_id_check(name, NULL));
        snprintf(service->name, sizeof service->name, "%.*s", SHOW(name));
    }
    if (strchr(text, ':') == NULL) {
        snprintf(local, sizeof local, "localhost:%s", text);
        text = local;
    }
    read_place(&service->place, flag, entry, SERVICE_FORM, text, 0);
}

/* What entries must be together. */
static void check_services(const struct options *options, char *const entries[])
{
    static const char flag[] = "--destination-app";
    for (uint32_t at = 0; at < options->service_count; at++) {
        const char *name = options->services[at].name;
        if (options->service_count > 1 && name[0] == '\0') {
            options_refuse(flag, entries[at], "with several services each needs a name: SERVICE=[HOST:]PORT");
        }
        for (uint32_t other = 0; other < at; other++) {
            if (strcmp(name, options->services[other].name) == 0) {
                options_refuse(flag, entries[at], "the same service stands there twice");
            }
        }
    }
}

/* Cuts the list at its commas. It lies in the arguments, which are the program's to write to. */
static void read_services(struct options *options, char *list)
{
    char *entries[MAX_SERVICES];
    for (char *comma = list; comma != NULL; list = comma + 1) {
        comma = strchr(list, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        if (options->service_count == MAX_SERVICES) {
            options_refuse("--destination-app", list, "a tunnel has at most 3 services");
        }
        entries[options->service_count] = list;
        read_service(&options->services[options->service_count++], list);
    }
    check_services(options, entries);
}

static const char *read_client_id(const char *id)
{
    size_t length = strlen(id);
    if (length == 0 || length > MAX_CLIENT_ID || mosquitto_validate_utf8(id, (int)length) != MOSQ_ERR_SUCCESS) {
        options_refuse("--mqtt-client-id", id, "a client id is 1 to 65535 bytes of UTF-8, without control characters");
    }
    return id;
}

static unsigned read_seconds(const char *flag, const char *value)
{
    unsigned seconds = 0;
    const char *at = value;
    for (; *at >= '0' && *at <= '9' && seconds <= MAX_SECONDS; at++) {
        seconds = seconds * 10 + (unsigned)(*at - '0');
    }
    if (at == value || *at != '\0' || seconds > MAX_SECONDS) {
        options_refuse(flag, value, "expected seconds, 0 to 86400");
    }
    return seconds;
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
        refuse("--mqtt", "--mqtt-ca, --mqtt-cert and --mqtt-key go with mqtts://");
    }
}

static void check_files(const struct options *options)
{
    if (options->broker_tls) {
        pem_check_roots("--mqtt-ca", options->mqtt_ca == NULL ? SYSTEM_CA : options->mqtt_ca);
    }
    if (options->mqtt_cert != NULL) {
        pem_check_identity(options->mqtt_cert, options->mqtt_key);
    }
}

/* Ends if a flag was there before: nobody can tell which of the two was meant. `seen` has a bit for each of FLAGS. */
static void check_once(uint32_t *seen, int flag)
{
    for (uint32_t at = 0; FLAGS[at].name != NULL; at++) {
        if (FLAGS[at].val != flag) {
            continue;
        }
        if ((*seen & 1u << at) != 0) {
            char name[32];
            snprintf(name, sizeof name, "--%s", FLAGS[at].name);
            refuse(name, flag == 'd' ? "it is given twice: put commas between the services" : "it is given twice");
        }
        *seen |= 1u << at;
    }
}

void options_read(struct options *options, int count, char **arguments)
{
    memset(options, 0, sizeof *options);
    options->half_close_silence = HALF_CLOSE_SILENCE;
    options->stall_limit = STALL_LIMIT;
    uint32_t seen = 0;
    int flag;
    while ((flag = getopt_long(count, arguments, "e:d:c:hV", FLAGS, NULL)) != -1) {
        check_once(&seen, flag);
        switch (flag) {
        case THING:
            check("--thing", optarg, iot_tunnel_thing_name_check(text_of(optarg), NULL));
            options->thing = optarg;
            break;
        case MQTT: read_broker(options, optarg); break;
        case MQTT_CA: options->mqtt_ca = optarg; break;
        case MQTT_CERT: options->mqtt_cert = optarg; break;
        case MQTT_KEY: options->mqtt_key = optarg; break;
        case MQTT_CLIENT_ID: options->client_id = read_client_id(optarg); break;
        case 'e': options->endpoint = read_endpoint(optarg); break;
        case 'd': read_services(options, optarg); break;
        case 'c': options->ca = optarg; break;
        case HALF_CLOSE: options->half_close_silence = read_seconds("--half-close-silence", optarg); break;
        case STALL: options->stall_limit = read_seconds("--stall-limit", optarg); break;
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
    check_files(options);
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
