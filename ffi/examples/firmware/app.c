#include "app.h"

#include "board.h"
#include "config.h"
#include "stack.h"
#include "text.h"
#include "tunnel.h"

#include <stdbool.h>
#include <string.h>

const iot_tunnel_text app_names[APP_SERVICES] = {
    [APP_ECHO] = {"ECHO", sizeof "ECHO" - 1},
    [APP_HTTP] = {"HTTP", sizeof "HTTP" - 1},
};

/* A connection to the status page, until its request is whole. */
struct page {
    bool used;
    iot_tunnel_connection connection;
    /* The request's first line, as much of it as matters. */
    char line[32];
    size_t length;
    bool line_ended;
    /* Nothing has come in this line yet but its end. */
    bool line_is_empty;
};

static struct page pages[PAGES];

static struct page *find(iot_tunnel_connection connection) {
    for (struct page *page = pages; page < pages + PAGES; page++) {
        if (page->used && page->connection.service == connection.service && page->connection.serial == connection.serial) {
            return page;
        }
    }
    return NULL;
}

static void answer(struct page *page) {
    char body[256];
    char head[128];
    const char *status = "200 OK";
    size_t length;
    page->line[page->length] = '\0';
    if (strncmp(page->line, "GET / ", 6) == 0) {
        length = text_format(
            body, sizeof body,
            "uptime_seconds %u\nrotations %u\nhandshakes %u\nconnections %u\nbytes_in %u\nbytes_out %u\nstack_used %u\nstack_size %u\n",
            (unsigned)(board_now() / 1000), tunnel_counts.rotations, tunnel_counts.handshakes, tunnel_counts.connections,
            tunnel_counts.bytes_in, tunnel_counts.bytes_out, (unsigned)stack_used(), (unsigned)stack_size());
    } else {
        status = "404 Not Found";
        length = text_format(body, sizeof body, "there is only GET /\n");
    }
    size_t head_length = text_format(
        head, sizeof head, "HTTP/1.0 %s\r\nContent-Type: text/plain\r\nContent-Length: %u\r\n\r\n", status, (unsigned)length);
    iot_tunnel_connection connection = page->connection;
    page->used = false;
    if (tunnel_write(connection, head, head_length) && tunnel_write(connection, body, length)) {
        tunnel_end(connection);
    }
}

/* Reads a request up to the empty line that ends its head. */
static void request(struct page *page, iot_tunnel_bytes bytes) {
    for (size_t n = 0; n < bytes.len; n++) {
        char character = (char)bytes.ptr[n];
        if (character == '\n') {
            if (page->line_is_empty) {
                answer(page);
                return;
            }
            page->line_ended = page->line_is_empty = true;
        } else if (character != '\r') {
            page->line_is_empty = false;
            if (!page->line_ended && page->length < sizeof page->line - 1) {
                page->line[page->length++] = character;
            }
        }
    }
}

void app_started(iot_tunnel_connection connection, bool replaces) {
    report("connection service=%t", app_names[connection.service]);
    if (replaces) {
        app_ended_service(connection.service);
    }
    if (connection.service != APP_HTTP) {
        return;
    }
    for (struct page *page = pages; page < pages + PAGES; page++) {
        if (!page->used) {
            *page = (struct page){.used = true, .connection = connection};
            return;
        }
    }
    tunnel_end(connection);
}

void app_received(iot_tunnel_connection connection, iot_tunnel_bytes bytes) {
    if (connection.service == APP_ECHO) {
        tunnel_write(connection, bytes.ptr, bytes.len);
        return;
    }
    struct page *page = find(connection);
    if (page != NULL) {
        request(page, bytes);
    }
}

void app_ended(iot_tunnel_connection connection) {
    struct page *page = find(connection);
    if (page != NULL) {
        page->used = false;
    }
}

void app_ended_service(uint32_t service) {
    if (service == APP_HTTP) {
        memset(pages, 0, sizeof pages);
    }
}

void app_ended_all(void) {
    for (uint32_t service = 0; service < APP_SERVICES; service++) {
        app_ended_service(service);
    }
}
