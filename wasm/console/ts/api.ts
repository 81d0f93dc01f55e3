/** The service's API, as AWS has it; the console's cookie stands for the signature. */

/** A broken rule of a request. */
export interface Violation {
  /** The member, such as `destinationConfig.services.2.member`. */
  readonly member: string;
  readonly message: string;
}

/** The service said no. */
export class ApiError extends Error {
  /** The exception's name, such as `ResourceNotFoundException`. */
  readonly type: string;
  /** Of a ValidationException: which members break which rules. */
  readonly violations: readonly Violation[];

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
    this.violations = type === "ValidationException" ? violations(message) : [];
  }
}

/** The page is locked out: its cookie is of another start of the service. */
export class LockedError extends Error {
  constructor() {
    super("the service has started again");
  }
}

/** How far the service's clock is ahead of this machine's, in milliseconds; it says only seconds. */
let ahead = 0;

/** The service's time, in milliseconds since 1970. */
export function serviceTime(): number {
  return Date.now() + ahead;
}

/** Calls an operation. A refusal is an {@link ApiError}; without an answer, a `TypeError` of fetch. */
export async function call<Answer>(operation: string, request: object | string, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch("api", {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `IoTSecuredTunneling.${operation}` },
    body: typeof request === "string" ? request : JSON.stringify(request),
    signal: signal ?? null,
  });
  noteTime(response.headers.get("date"));
  if (response.status === 401) throw new LockedError();
  const body = (await response.json()) as unknown;
  if (response.ok) return body as Answer;
  const { __type, message } = body as { __type?: string; message?: string };
  throw new ApiError(__type ?? `HTTP ${response.status}`, message ?? "the service gave no reason");
}

/** Below this a difference is the rounding of the header and the way here. */
const NOTICEABLE_MS = 2000;

function noteTime(date: string | null): void {
  const difference = Date.parse(date ?? "") - Date.now();
  if (Number.isFinite(difference)) ahead = Math.abs(difference) < NOTICEABLE_MS ? 0 : difference;
}

/** The violations that a ValidationException lists in its message. */
function violations(message: string): Violation[] {
  const each = /Value (?:'[^]*?' )?at '([\w.]+)' failed to satisfy constraint: ([^]*?)(?=; Value (?:'|at ')|$)/g;
  return Array.from(message.matchAll(each), ([, member = "", text = ""]) => ({ member, message: text }));
}
