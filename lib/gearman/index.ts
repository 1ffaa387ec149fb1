export { type AdminChannel, AdminClient, type ConnectedClient, type ListedJob, parseWorkersLine } from "./admin.ts";
export {
  JobClient,
  type JobEvents,
  type JobRequest,
  type JobResult,
  type JobStatus,
  type Priority,
  randomUnique,
  type UniqueStatus,
} from "./client.ts";
export { askWhile, type Confirmed, type Patience } from "./confirm.ts";
export { Exchange, type ExchangeEvents, type Leftovers, type SubmittedEvents } from "./exchange.ts";
export { displayName, wireName } from "./name.ts";
export { PacketType } from "./packet.ts";
export type { QueueStatus } from "./queue-status.ts";
export { ServerError } from "./server-error.ts";
export { Session } from "./session.ts";
export { fetchStatus } from "./status.ts";
export type { ServerStatus } from "./status-reader.ts";
export { countWithdrawn, type JobSource, MOST_JOBS, markedUnique } from "./withdrawn.ts";
export { Job, type JobHandler, Worker } from "./worker.ts";
