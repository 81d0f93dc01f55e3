/* A device on bare metal: UART0 is its socket, UART1 tells it of tokens. */

#include "board.h"
#include "config.h"
#include "entropy.h"
#include "stack.h"
#include "text.h"
#include "tunnel.h"
#include "uart.h"

/* Says how deep the stack ever was, when it was deeper than before; once a second. */
static void report_stack(uint64_t now) {
    static size_t reported;
    static uint64_t due;
    if (now < due) {
        return;
    }
    due = now + 1000;
    size_t used = stack_used();
    if (used > reported) {
        reported = used;
        report("stack used=%u of %u", (unsigned)used, (unsigned)stack_size());
    }
}

int main(void) {
    board_start();
    uart_start();
    entropy_start();
    tunnel_start();
    report("ready incoming=%u stack=%u", (unsigned)INCOMING, (unsigned)stack_size());
    for (;;) {
        /* Each takes its turn, however much has come for one of them, and nobody is told an old time. */
        bool heard = tunnel_hear(board_now());       /* 1. notifications: the first token, and rotated ones */
        bool received = tunnel_receive(board_now()); /* 2. the service's bytes, and what they mean to app.c */
        tunnel_time(board_now());                    /* 3. what is due */
        tunnel_send(board_now());                    /* 4. what the session wants done */
        report_stack(board_now());
        if (!heard && !received) {
            board_sleep();                           /* 5. until an interrupt */
        }
    }
}
