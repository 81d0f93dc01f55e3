#include "stack.h"

#include <stdint.h>

/* From the linker script. The stack grows from its top down. */
extern uint32_t stack_bottom[], stack_top[];

static const uint32_t PAINT = 0x5AFE57ACu;

void stack_paint(void) {
    uint32_t *pointer;
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
    for (volatile uint32_t *word = stack_bottom; word < pointer; word++) {
        *word = PAINT;
    }
}

size_t stack_size(void) {
    return (size_t)((const char *)stack_top - (const char *)stack_bottom);
}

size_t stack_used(void) {
    const volatile uint32_t *word = stack_bottom;
    while (word < stack_top && *word == PAINT) {
        word++;
    }
    return (size_t)((const char *)stack_top - (const volatile char *)word);
}
