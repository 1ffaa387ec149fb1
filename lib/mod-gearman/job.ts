import { formatField, formatTime, parseFields, parseTime } from "./fields.ts";

/** A check for a Mod-Gearman worker. */
export interface CheckJob {
  /** Only these two return a result. */
  readonly type: "service" | "host";
  /** Gearman queue the worker sends its result to; up to 64 plain characters. */
  readonly resultQueue: string;
  /** Gearman queue the job itself is put into. */
  readonly targetQueue: string;
  /** Returned with the result, as is the service. */
  readonly hostName: string;
  readonly serviceDescription: string;
  /** When the core wanted the check, milliseconds since 1970; a worker with `max-age` refuses older ones. */
  readonly coreTime: number;
  /** Whole seconds until the worker kills the command. */
  readonly timeout: number;
  /** Run without a shell if it starts with `/` or `.` and has no character that a shell would care about. */
  readonly commandLine: string;
}

/**
 * The text of a job, ready to be encrypted.
 *
 * @throws Error naming the field that cannot be written
 */
export function formatJob(job: CheckJob): string {
  const time = formatTime(job.coreTime);
  // the type comes first because the Go worker insists; the C worker does not initialise either time, so both are there
  return [
    formatField("type", job.type),
    formatField("result_queue", job.resultQueue),
    formatField("target_queue", job.targetQueue),
    formatField("host_name", job.hostName),
    formatField("service_description", job.serviceDescription),
    formatField("next_check", time),
    formatField("core_time", time),
    formatField("timeout", `${job.timeout}`),
    formatField("command_line", job.commandLine),
    "\n\n",
  ].join("");
}

/** Reads the text of a job as a worker does; undefined when it is none, such as after decrypting with another key. */
export function parseJob(text: string): CheckJob | undefined {
  const fields = parseFields(text);
  const type = fields.get("type");
  const resultQueue = fields.get("result_queue");
  const commandLine = fields.get("command_line");
  if (type !== "service" && type !== "host") return undefined;
  if (resultQueue === undefined || commandLine === undefined) return undefined;
  return {
    type,
    resultQueue,
    commandLine,
    targetQueue: fields.get("target_queue") ?? "",
    hostName: fields.get("host_name") ?? "",
    serviceDescription: fields.get("service_description") ?? "",
    coreTime: parseTime(fields.get("core_time")),
    timeout: Number(fields.get("timeout") ?? 0),
  };
}
