import { CheckError, readCommandLine, Status } from "monitoring-plugins-ts";

import { quantities } from "../quantities.ts";
import type { View } from "../table.ts";
import type { ServerFacts } from "../watch.ts";

/** What the options' defaults make of it. */
export const VIEW: View = {
  ...(await readCommandLine(quantities, [])),
  include: [],
  exclude: [],
  hideIdle: false,
  sort: "name",
  reverse: false,
  zeroWorkerCritical: false,
};

/** Worker, waiting and running by name. */
export type Queues = Readonly<Record<string, readonly [worker: number, waiting: number, running: number]>>;

/** A server that answered: a second before 100, when `before` is given, and at 100. */
export function answered(queues: Queues, before?: Queues, server = "192.0.2.1:4730"): ServerFacts {
  return {
    server,
    newest: { at: 100, answer: status(queues) },
    previous: before && { at: 99, answer: status(before) },
  };
}

/** A server that did not. */
export function failed(message = "Connection refused", server = "192.0.2.2:4730"): ServerFacts {
  return { server, newest: { at: 100, answer: new CheckError(Status.CRITICAL, message) } };
}

function status(queues: Queues) {
  return {
    version: "1.1.20",
    queues: Object.entries(queues).map(([name, [worker, waiting, running]]) => ({ name, worker, waiting, running })),
    oddLines: [],
    oddCount: 0,
    duplicates: [],
    seconds: 0.001,
  };
}
