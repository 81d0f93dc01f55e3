/** Of the errors what the entries export. */

export {
  type CapacityCode,
  CapacityError,
  type ErrorCode,
  type MisuseCode,
  MisuseError,
  type Party,
  type PeerFaultCode,
  PeerFaultError,
  type RefusalCode,
  RefusalError,
  TunnelError,
} from "./errors.js";
