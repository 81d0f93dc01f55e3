/* Endpoints are checked, split and written, and a gateway judges an upgrade request and says no in words. */
#include "check.h"

static void endpoints(void)
{
    static const struct {
        const char *endpoint, *host;
        uint16_t port;
    } GOOD[] = {
        { "localhost", "localhost", 443 },
        { "a.example:8443", "a.example", 8443 },
        { "a_b-c:1", "a_b-c", 1 },
        { "127.0.0.1:65535", "127.0.0.1", 65535 },
        { "[::1]", "::1", 443 },
        { "[2001:db8::7]:80", "2001:db8::7", 80 },
        { "data.tunneling.iot.eu-west-1.amazonaws.com:443", "data.tunneling.iot.eu-west-1.amazonaws.com", 443 },
    };
    static const char *const BAD[] = { "", ":80", "a:", "a:0", "a:65536", "a:080", "a b", "-a", "a..b", "[::1", "[::g]", "::1", "wss://a", "a/b" };
    iot_tunnel_text host = text("untouched");
    uint16_t port = 7;
    size_t i;
    for (i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        check_status(iot_tunnel_endpoint_check(text(BAD[i])), IOT_TUNNEL_STATUS_MISUSE_INVALID_ENDPOINT, BAD[i], __FILE__, __LINE__);
        CHECK_STATUS(iot_tunnel_endpoint_split(text(BAD[i]), &host, &port), MISUSE_INVALID_ENDPOINT);
    }
    CHECK_TEXT(host, "untouched");
    CHECK_EQUAL(port, 7);
    for (i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        iot_tunnel_text given = text(GOOD[i].endpoint);
        CHECK_OK(iot_tunnel_endpoint_check(given));
        CHECK_OK(iot_tunnel_endpoint_split(given, &host, &port));
        CHECK_TEXT(host, GOOD[i].host);
        CHECK_EQUAL(port, GOOD[i].port);
        CHECK(host.ptr >= given.ptr && host.ptr + host.len <= given.ptr + given.len);
    }
    CHECK_STATUS(iot_tunnel_endpoint_check((iot_tunnel_text){ NULL, 1 }), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_endpoint_check(text("\xff")), MISUSE_NOT_UTF8);
    CHECK_STATUS(iot_tunnel_endpoint_split(text("a"), NULL, &port), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_endpoint_split(text("a"), &host, NULL), MISUSE_NULL_POINTER);
}

static int32_t explain(const void *endpoint, char *buffer, size_t capacity, size_t *length)
{
    return iot_tunnel_endpoint_explain(text(endpoint), buffer, capacity, length);
}

static void endpoints_explained(void)
{
    static const struct {
        const char *endpoint, *why;
    } WRONG[] = {
        { "", "the host has 0 characters; allowed are 1 to 253" },
        { "a b:80", "the host has ' ' at position 1; allowed is [a-zA-Z0-9._-]" },
        { "a\xe2\x80\xae" "b", "the host has '\\u{202e}' at position 1; allowed is [a-zA-Z0-9._-]" },
        { "a..b", "each part of the host between dots has 1 to 63 characters and neither starts nor ends with '-'" },
        { "::1", "an IPv6 address stands in brackets, such as [::1] or [::1]:8443, without a zone" },
        { "a:0", "a port is 1 to 65535, behind the host and ':'" },
        { "wss://a", "no scheme stands before the host" },
    };
    char buffer[128];
    size_t length = 7, i;
    for (i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        CHECK(strlen(WRONG[i].why) <= sizeof buffer);
        check_every_size(explain, WRONG[i].endpoint, WRONG[i].why, strlen(WRONG[i].why));
    }
    CHECK_OK(iot_tunnel_endpoint_explain(text("[::1]:443"), buffer, sizeof buffer, &length));
    CHECK_EQUAL(length, 0);
    length = 7;
    CHECK_STATUS(iot_tunnel_endpoint_explain(text("\xff"), buffer, sizeof buffer, &length), MISUSE_NOT_UTF8);
    CHECK_STATUS(iot_tunnel_endpoint_explain(text("a:0"), buffer, sizeof buffer, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_endpoint_explain((iot_tunnel_text){ buffer, 4 }, buffer, sizeof buffer, &length), MISUSE_OVERLAPPING_MEMORY);
    CHECK_EQUAL(length, 7);
}

static int32_t write_aws(const void *region, char *buffer, size_t capacity, size_t *length)
{
    return iot_tunnel_endpoint_aws(text(region), false, buffer, capacity, length);
}

static int32_t write_fips(const void *region, char *buffer, size_t capacity, size_t *length)
{
    return iot_tunnel_endpoint_aws(text(region), true, buffer, capacity, length);
}

static void endpoints_of_aws(void)
{
    static const char WEST[] = "data.tunneling.iot.eu-west-1.amazonaws.com", CHINA[] = "data.tunneling.iot.cn-north-1.amazonaws.com.cn",
                      FIPS[] = "data.tunneling.iot-fips.us-east-1.amazonaws.com";
    char buffer[96];
    size_t length;
    check_every_size(write_aws, "eu-west-1", WEST, sizeof WEST - 1);
    check_every_size(write_aws, "cn-north-1", CHINA, sizeof CHINA - 1);
    check_every_size(write_fips, "us-east-1", FIPS, sizeof FIPS - 1);
    CHECK_STATUS(iot_tunnel_endpoint_aws(text("EU"), false, buffer, sizeof buffer, &length), MISUSE_INVALID_REGION);
    CHECK_STATUS(iot_tunnel_endpoint_aws(NO_TEXT, false, buffer, sizeof buffer, &length), MISUSE_INVALID_REGION);
    CHECK_STATUS(iot_tunnel_endpoint_aws((iot_tunnel_text){ buffer, 3 }, false, buffer, sizeof buffer, &length),
                 MISUSE_OVERLAPPING_MEMORY);
    /* The longest region has room in what the header says is enough, and its endpoint passes. */
    CHECK_OK(iot_tunnel_endpoint_aws(text("cn-aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), true, buffer, sizeof buffer, &length));
    CHECK_OK(iot_tunnel_endpoint_check((iot_tunnel_text){ buffer, length }));
}

/* The request of RFC 6455's example, as a gateway's HTTP server has read it. */
typedef struct {
    const char *name, *value;
} field;

static iot_tunnel_status judge(const char *method, const char *target, const field *fields, size_t count, iot_tunnel_handshake *handshake,
                               iot_tunnel_rejection *rejection)
{
    iot_tunnel_header headers[16];
    size_t i;
    for (i = 0; i < count; i++) {
        headers[i].name.ptr = (const uint8_t *)fields[i].name;
        headers[i].name.len = strlen(fields[i].name);
        headers[i].value.ptr = (const uint8_t *)fields[i].value;
        headers[i].value.len = strlen(fields[i].value);
    }
    return iot_tunnel_handshake_judge(text(method), text(target), headers, count, handshake, rejection);
}

#define FIELDS 7
static const field GOOD[FIELDS] = {
    { "Upgrade", "websocket" },
    { "Connection", "keep-alive, Upgrade" },
    { "Sec-WebSocket-Version", "13" },
    { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==" },
    { "Sec-WebSocket-Protocol", "aws.iot.securetunneling-2.0, aws.iot.securetunneling-1.0" },
    { "Access-Token", "secret" },
    { "Client-Token", "0123456789abcdef0123456789ABCDEF" },
};

static void requests(void)
{
    static const struct {
        size_t left_out;
        const char *reason;
    } BAD[] = {
        { 0, "upgrade: websocket" },       { 2, "sec-websocket-version must be given once" }, { 3, "sec-websocket-key must be given once" },
        { 4, "sec-websocket-protocol must" }, { 5, "The access token is missing" },
    };
    static const char TARGET[] = "/tunnel?local-proxy-mode=destination";
    iot_tunnel_handshake handshake;
    iot_tunnel_rejection rejection = { 7, { NULL, 0 } };
    iot_tunnel_header null_name = { { NULL, 2 }, { NULL, 0 } };
    field fields[FIELDS];
    char reason[128];
    size_t i;
    CHECK_OK(judge("GET", TARGET, GOOD, FIELDS, &handshake, &rejection));
    CHECK_EQUAL(handshake.side, IOT_TUNNEL_SIDE_DESTINATION);
    CHECK_EQUAL(handshake.subprotocol, IOT_TUNNEL_SUBPROTOCOL_V2);
    CHECK_TEXT(handshake.access_token, "secret");
    CHECK_TEXT(handshake.client_token, GOOD[6].value);
    CHECK(memcmp(handshake.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28) == 0);
    CHECK_EQUAL(rejection.http_status, 7);
    CHECK_OK(judge("GET", "/tunnel?local-proxy-mode=source", GOOD, FIELDS - 1, &handshake, &rejection));
    CHECK_EQUAL(handshake.side, IOT_TUNNEL_SIDE_SOURCE);
    CHECK_EQUAL(handshake.client_token.len, 0);
    for (i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        memcpy(fields, GOOD, sizeof fields);
        fields[BAD[i].left_out].name = "Other";
        memset(&handshake, 0x5A, sizeof handshake);
        CHECK_STATUS(judge("GET", TARGET, fields, FIELDS, &handshake, &rejection), PEER_FAULT_INVALID_UPGRADE_REQUEST);
        CHECK_EQUAL(rejection.http_status, 400);
        CHECK_EQUAL(handshake.side, 0x5A5A5A5A);
        snprintf(reason, sizeof reason, "%.*s", (int)rejection.reason.len, rejection.reason.ptr);
        check_that(strstr(reason, BAD[i].reason) != NULL, reason, __FILE__, __LINE__);
    }
    CHECK_STATUS(judge("POST", TARGET, GOOD, FIELDS, &handshake, &rejection), PEER_FAULT_INVALID_UPGRADE_REQUEST);
    CHECK_STATUS(judge("GET", "/tunnel", GOOD, FIELDS, &handshake, &rejection), PEER_FAULT_INVALID_UPGRADE_REQUEST);
    CHECK_STATUS(judge("GET", "\xff", GOOD, FIELDS, &handshake, &rejection), MISUSE_NOT_UTF8);
    CHECK_STATUS(judge("GET", TARGET, GOOD, FIELDS, NULL, &rejection), MISUSE_NULL_POINTER);
    CHECK_STATUS(judge("GET", TARGET, GOOD, FIELDS, &handshake, NULL), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_handshake_judge(text("GET"), text(TARGET), NULL, 1, &handshake, &rejection), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_handshake_judge(text("GET"), text(TARGET), &null_name, 1, &handshake, &rejection), MISUSE_NULL_POINTER);
    CHECK_STATUS(iot_tunnel_handshake_judge(text("GET"), text(TARGET), NULL, 0, &handshake, &rejection),
                 PEER_FAULT_INVALID_UPGRADE_REQUEST);
}

static void rejections(void)
{
    iot_tunnel_rejection rejection;
    iot_tunnel_status status;
    for (status = 0; status < 500; status++) {
        CHECK_OK(iot_tunnel_rejection_of(status, &rejection));
        bool is_refusal = iot_tunnel_status_party(status) == IOT_TUNNEL_PARTY_SERVICE;
        CHECK_EQUAL(rejection.http_status, is_refusal && iot_tunnel_status_name(status).len > 0 ? 400 : 503);
        CHECK(rejection.reason.len > 10);
    }
    CHECK_OK(iot_tunnel_rejection_of(IOT_TUNNEL_STATUS_REFUSAL_UNKNOWN_ACCESS_TOKEN, &rejection));
    CHECK_TEXT(rejection.reason, "Invalid access token");
    CHECK_STATUS(iot_tunnel_rejection_of(201, NULL), MISUSE_NULL_POINTER);
}

int main(void)
{
    endpoints();
    endpoints_explained();
    endpoints_of_aws();
    requests();
    rejections();
    return check_report("endpoints and upgrade requests are judged");
}
