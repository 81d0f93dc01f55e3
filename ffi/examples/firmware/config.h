/* What this device is, and how much room it has for it. */

#ifndef CONFIG_H
#define CONFIG_H

/* The name of the service, for the Host header. Where that is, is the business of what UART0 is tied to. */
#define SERVICE_NAME "tunnel.example"

enum {
    /* The longest message of the tunnel that is taken: all RAM that nothing else needs. A peer may send up to 65,535 bytes,
     * which no device of 64 KiB of RAM has room for; a longer one ends the connection (event LOST), and the session makes
     * another. So a source for such a device must not have more than this on its way at a time, or cut what it sends. */
    INCOMING = 42 * 1024,
    /* What waits to be sent; it is written to the UART at once. */
    OUTGOING = 1024,
    /* The longest notification: an access token may have 3 KiB. */
    NOTICE = 4096,
    /* Connections to the status page at a time. */
    PAGES = 4,
};

enum {
    /* QEMU ties UART0 to a new connection a second after the old one has ended, and says nothing of either. */
    RECONNECT_MS = 1000,
    /* So after this long without a byte either way the old one is over, and the new one is there. */
    SETTLE_MS = 1500,
    /* Longest wait for an answer: the request was lost if nobody was tied to the UART. */
    ANSWER_MS = 3000,
    /* How often a ping asks whether the service still knows the connection: a new one is answered in HTTP. */
    PROBE_MS = 3000,
    /* Longest wait until the UART takes another byte: more than a thousand times what one takes. */
    STUCK_MS = 100,
    /* Longest wait for the rest of what begins as the answer of a new connection. */
    HEAD_MS = 100,
};

#endif
