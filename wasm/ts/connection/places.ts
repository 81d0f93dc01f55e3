/** Where the numbers of a {@link Report} stand. What does not belong to an event is 0. */

// One by one, and without an import here: so bundlers put the numbers in their places.
/** The event's connection. */
export const CONNECTION = 0;
/** The event's payload: where it is, then how long. */
export const PAYLOAD = 1;
/** The event's service, by its place in the list of services. */
export const SERVICE = 3;
/** Whether the connection that started replaces all others of its service: 1 or 0. */
export const REPLACES = 4;
/** Whether the session opened in a tunnel of several services and has no name for its own: 1 or 0. */
export const NEEDS_NAME = 5;
/** The number of the event's error. */
export const ERROR = 6;
/** After `poll` or `send` what is to be sent: where it is, then how long. */
export const FRAME = 7;
/** After `poll` what the WebSocket is to be closed with. */
export const CLOSE_CODE = 9;
/** After `handle` how many bytes of the inbox wait to be handled. */
export const WAITING = 10;

/** After `poll` whether one opening after another was lost before it proved usable: 1 or 0. */
export const CONTESTED = 11;

/** How many they are. */
export const LENGTH = 12;
