/* What the tests in C are made of: checks that say where they failed, and memory of exactly the size that a call is told. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <valgrind/memcheck.h>

#include "iot_tunnel.h"

#if defined(__GNUC__)
#define MAYBE_UNUSED __attribute__((unused))
#else
#define MAYBE_UNUSED
#endif

static unsigned long checks, failures;

static MAYBE_UNUSED bool check_that(bool holds, const char *what, const char *file, int line)
{
    checks++;
    if (!holds) {
        failures++;
        printf("%s:%d: not so: %s\n", file, line, what);
    }
    return holds;
}

static MAYBE_UNUSED bool check_equal(uint64_t actual, uint64_t expected, const char *what, const char *file, int line)
{
    checks++;
    if (actual != expected) {
        failures++;
        printf("%s:%d: %s is %lld, not %lld\n", file, line, what, (long long)actual, (long long)expected);
    }
    return actual == expected;
}

static MAYBE_UNUSED bool check_status(int32_t actual, int32_t expected, const char *what, const char *file, int line)
{
    checks++;
    if (actual != expected) {
        iot_tunnel_text is = iot_tunnel_status_name(actual), should = iot_tunnel_status_name(expected);
        failures++;
        printf("%s:%d: %s answers %d %.*s, not %d %.*s\n", file, line, what, (int)actual, (int)is.len, is.len ? is.ptr : "",
               (int)expected, (int)should.len, should.len ? should.ptr : "");
    }
    return actual == expected;
}

static MAYBE_UNUSED bool check_text(iot_tunnel_text actual, const char *expected, const char *what, const char *file, int line)
{
    bool same = actual.len == strlen(expected) && (actual.len == 0 || memcmp(actual.ptr, expected, actual.len) == 0);
    checks++;
    if (!same) {
        failures++;
        printf("%s:%d: %s is '%.*s', not '%s'\n", file, line, what, (int)actual.len, actual.len ? actual.ptr : "", expected);
    }
    return same;
}

/* A text of a peer, as it is shown. */
static MAYBE_UNUSED bool check_shown(iot_tunnel_bytes actual, const char *expected, const char *what, const char *file, int line)
{
    char buffer[IOT_TUNNEL_MAX_SHOWN];
    iot_tunnel_text shown = { buffer, 0 };
    return iot_tunnel_peer_text_write(actual, buffer, sizeof buffer, &shown.len) == IOT_TUNNEL_STATUS_OK
        && check_text(shown, expected, what, file, line);
}

#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
/* Integers of any kind; the second is what the first should be. */
#define CHECK_EQUAL(actual, expected) check_equal((uint64_t)(actual), (uint64_t)(expected), #actual, __FILE__, __LINE__)
/* What a call answers; the second without IOT_TUNNEL_STATUS_. */
#define CHECK_STATUS(call, status) check_status((call), IOT_TUNNEL_STATUS_##status, #call, __FILE__, __LINE__)
#define CHECK_OK(call) CHECK_STATUS(call, OK)
/* A text against a C string. */
#define CHECK_TEXT(actual, expected) check_text((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_SHOWN(actual, expected) check_shown((actual), (expected), #actual, __FILE__, __LINE__)

/* Ends a test: its exit status. */
static MAYBE_UNUSED int check_report(const char *promise)
{
    printf("c: %s: %lu of %lu checks passed\n", promise, checks - failures, checks);
    return failures == 0 && checks > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A C string as text. */
static MAYBE_UNUSED iot_tunnel_text text(const char *string)
{
    iot_tunnel_text made = { string, strlen(string) };
    return made;
}

static const iot_tunnel_text NO_TEXT = { NULL, 0 };

/* Memory of exactly that size, so that the tools see a byte too many. Never NULL. */
static MAYBE_UNUSED void *exactly(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (memory == NULL) {
        puts("no memory");
        exit(EXIT_FAILURE);
    }
    memset(memory, 0xA5, size ? size : 1);
    return memory;
}

/* A copy of that memory, of exactly its size. */
static MAYBE_UNUSED void *copy_of(const void *memory, size_t size)
{
    void *copy = exactly(size);
    if (size > 0) {
        memcpy(copy, memory, size);
    }
    return copy;
}

/* Whether storage has not changed. What a value of Rust leaves unwritten between its members counts, too: valgrind is told so. */
static MAYBE_UNUSED bool same_storage(const void *a, const void *b, size_t size)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(a, size);
    (void)VALGRIND_MAKE_MEM_DEFINED(b, size);
    return memcmp(a, b, size) == 0;
}

/* 64 bytes that look random and differ from call to call, the same in every run. */
static MAYBE_UNUSED const uint8_t *draw(void)
{
    static uint8_t entropy[64];
    static uint64_t state = 1;
    size_t i;
    for (i = 0; i < sizeof entropy; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        entropy[i] = (uint8_t)(state >> 56);
    }
    return entropy;
}

/* Any function that writes text: what it is given comes through `given`. */
typedef int32_t (*check_writer)(const void *given, char *buffer, size_t capacity, size_t *length);

/* A writer says the length it needs at every size of buffer, leaves nothing in one that is too small, and never passes the
 * end of one that is not. */
static MAYBE_UNUSED void check_every_size(check_writer write, const void *given, const char *expected, size_t expected_length)
{
    size_t capacity, length, i;
    for (capacity = 0; capacity <= expected_length + 2; capacity++) {
        char *buffer = exactly(capacity);
        int32_t status;
        length = SIZE_MAX;
        status = write(given, buffer, capacity, &length);
        CHECK_EQUAL(length, expected_length);
        if (capacity < expected_length) {
            CHECK_STATUS(status, CAPACITY_BUFFER_TOO_SMALL);
            for (i = 0; i < capacity; i++) {
                if (buffer[i] != 0 && buffer[i] != (char)0xA5) {
                    CHECK(!"a buffer that is too small holds nothing of the text");
                    break;
                }
            }
        } else {
            CHECK_OK(status);
            CHECK(memcmp(buffer, expected, expected_length) == 0);
            CHECK(capacity == expected_length || buffer[capacity - 1] == (char)0xA5);
        }
        free(buffer);
    }
    length = SIZE_MAX;
    CHECK_STATUS(write(given, NULL, 1, &length), MISUSE_NULL_POINTER);
    CHECK_EQUAL(length, SIZE_MAX);
    CHECK_STATUS(write(given, NULL, 0, &length), CAPACITY_BUFFER_TOO_SMALL);
    CHECK_EQUAL(length, expected_length);
    {
        char *buffer = exactly(expected_length);
        CHECK_STATUS(write(given, buffer, expected_length, NULL), MISUSE_NULL_POINTER);
        free(buffer);
    }
}

#endif
