/* Reads the lines that vectors.py makes out of the vector files. */
#ifndef VECTORS_H
#define VECTORS_H

#include "check.h"

/* The fields of one case, taken from the left. What they point to lasts until the next case. */
typedef struct {
    FILE *file;
    char *line;
    size_t room;
    char *rest;
    unsigned long number;
} vector_lines;

/* How a kind of cases went. */
typedef struct {
    const char *kind;
    unsigned long cases, passed;
} vector_tally;

static MAYBE_UNUSED void vectors_give_up(const char *why, const char *what)
{
    printf("vectors: %s %s\n", why, what);
    exit(EXIT_FAILURE);
}

/* Opens a file of the folder that the program was given. */
static MAYBE_UNUSED vector_lines vectors_open(int argc, char **argv, const char *name)
{
    vector_lines lines = { NULL, NULL, 0, NULL, 0 };
    char path[4096];
    if (argc != 2 || snprintf(path, sizeof path, "%s/%s", argv[1], name) >= (int)sizeof path) {
        vectors_give_up("the one argument is the folder that vectors.py wrote, not", argc > 1 ? argv[1] : "nothing");
    }
    lines.file = fopen(path, "r");
    if (lines.file == NULL) {
        vectors_give_up("cannot open", path);
    }
    return lines;
}

/* Goes to the next case; false at the end. */
static MAYBE_UNUSED bool vectors_next(vector_lines *lines)
{
    size_t length = 0;
    int c;
    while ((c = getc(lines->file)) != EOF && c != '\n') {
        if (length + 1 >= lines->room) {
            lines->room = lines->room ? 2 * lines->room : 4096;
            lines->line = realloc(lines->line, lines->room);
            if (lines->line == NULL) {
                vectors_give_up("no memory for", "a line");
            }
        }
        lines->line[length++] = (char)c;
    }
    if (length == 0) {
        free(lines->line);
        fclose(lines->file);
        return false;
    }
    lines->line[length] = 0;
    lines->rest = lines->line;
    lines->number++;
    return true;
}

/* The next field as it stands. */
static MAYBE_UNUSED char *vectors_word(vector_lines *lines)
{
    char *word = lines->rest, *tab;
    if (word == NULL) {
        vectors_give_up("a field is missing in", lines->line);
    }
    tab = strchr(word, '\t');
    if (tab != NULL) {
        *tab = 0;
    }
    lines->rest = tab ? tab + 1 : NULL;
    return word;
}

static MAYBE_UNUSED bool vectors_is(const char *word, const char *expected)
{
    return strcmp(word, expected) == 0;
}

static MAYBE_UNUSED long long vectors_number(vector_lines *lines)
{
    char *end, *word = vectors_word(lines);
    long long number = strtoll(word, &end, 10);
    if (*word == 0 || *end != 0) {
        vectors_give_up("not a number:", word);
    }
    return number;
}

static unsigned vectors_digit(char digit)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *at = digit ? strchr(DIGITS, digit) : NULL;
    if (at == NULL) {
        vectors_give_up("not hexadecimal:", "a field");
    }
    return (unsigned)(at - DIGITS);
}

/* The next field, decoded where it stands. Null is {NULL, 0}, an empty text is not NULL. */
static MAYBE_UNUSED iot_tunnel_text vectors_text(vector_lines *lines)
{
    char *word = vectors_word(lines);
    iot_tunnel_text decoded = { NULL, 0 };
    size_t at;
    if (vectors_is(word, "-")) {
        return decoded;
    }
    for (at = 0; word[at] != 0; at += 2) {
        word[at / 2] = (char)(vectors_digit(word[at]) << 4 | vectors_digit(word[at + 1]));
    }
    decoded.ptr = word;
    decoded.len = at / 2;
    return decoded;
}

/* The next fields, a list of texts, of which there is room for `room`; how many there are. */
static MAYBE_UNUSED size_t vectors_list(vector_lines *lines, iot_tunnel_text *list, size_t room)
{
    size_t i, count = (size_t)vectors_number(lines);
    for (i = 0; i < count; i++) {
        iot_tunnel_text item = vectors_text(lines);
        if (i < room) {
            list[i] = item;
        }
    }
    return count;
}

static MAYBE_UNUSED bool same_text(iot_tunnel_text a, iot_tunnel_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Counts a case. */
static MAYBE_UNUSED void vectors_count(vector_tally *tally, bool passed, const vector_lines *lines, iot_tunnel_text why)
{
    tally->cases++;
    tally->passed += passed;
    if (!passed) {
        printf("vectors: %s: line %lu fails: %.*s\n", tally->kind, lines->number, (int)why.len, why.len ? why.ptr : "");
    }
}

/* Ends a kind of cases: whether all passed, and there were some. */
static MAYBE_UNUSED bool vectors_report(const vector_tally *tally)
{
    printf("vectors: %s: %lu of %lu cases passed\n", tally->kind, tally->passed, tally->cases);
    return tally->cases > 0 && tally->passed == tally->cases;
}

#endif
