/** The numbers of the errors that a connection makes itself, in core's table. */

// One by one, and without an import here: so bundlers put the numbers in their places.
export const invalidAccessToken = 106;
export const invalidEndpoint = 120;
export const connectionEnded = 163;
export const sessionClosed = 164;
export const unknownService = 166;
export const notSource = 169;
export const maxPayloadOutOfRange = 172;
export const serviceNotChosen = 173;
export const unknownEnumValue = 183;
export const noWebSocket = 190;
export const textFrame = 348;
export const receiveLimitExceeded = 450;
