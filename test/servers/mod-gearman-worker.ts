import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import { JobClient } from "../../lib/gearman/client.ts";
import { type Job, Worker } from "../../lib/gearman/worker.ts";
import { Cipher } from "../../lib/mod-gearman/cipher.ts";
import { type CheckJob, parseJob } from "../../lib/mod-gearman/job.ts";
import { formatResult } from "../../lib/mod-gearman/result.ts";
import type { Owner } from "../support/owner.ts";
import { connectOptions } from "./address.ts";

export const KEY = "should_be_changed";

export interface ModGearmanWorkerOptions {
  readonly queues?: readonly string[];
  /** null: `encryption=no`. */
  readonly key?: string | null;
  /** Key of its results, when it is another; null: none. */
  readonly resultKey?: string | null;
  /** Its `identifier`. */
  readonly identifier?: string;
  /** Waits so long between taking a job and running it. */
  readonly delayMs?: number;
  /** Hangs up as soon as it has a job. */
  readonly dies?: boolean;
  /** How often it sends each result. */
  readonly copies?: number;
  /** Results by another server than the jobs: HOST:PORT. */
  readonly resultServer?: string;
  /** Where it sends a copy of each result, its `dupserver`: HOST:PORT. */
  readonly dupServer?: string;
  /** Waits so long between a result and its copy. */
  readonly dupDelayMs?: number;
  /** `result-first` as the C worker; `job-first` as the Go worker, which sends results on its own time. */
  readonly order?: "result-first" | "job-first";
  /** Leaves jobs unended. */
  readonly neverEnds?: boolean;
  /** Seconds its clock is ahead. */
  readonly clockAhead?: number;
  /** Says this, without running the command. */
  readonly output?: string;
  /** In place of the job's own service. */
  readonly service?: string;
}

export interface ModGearmanWorker {
  /** Jobs it could read, in their order. */
  readonly jobs: readonly CheckJob[];
  stop(): void;
}

/** The C worker's own rule for doing without a shell. */
const NEEDS_SHELL = /[!$^&*()~[\]|{};<>?`"']/;

/**
 * A worker in this process that does as Mod-Gearman's is documented to do: runs the command, sends the result to the job's
 * result queue, ends the job; a job it cannot read it ends without a word. Resolves when the server knows it.
 */
export async function startModGearmanWorker(
  owner: Owner,
  address: string,
  options: ModGearmanWorkerOptions = {},
): Promise<ModGearmanWorker> {
  const { queues = ["service"], key = KEY, resultKey = key, resultServer = address } = options;
  const signal = new AbortController().signal;
  const load = (password: string | null) => Cipher.load(password === null ? undefined : Buffer.from(password));
  const [cipher, resultCipher] = await Promise.all([load(key), load(resultKey)]);
  const { dupServer } = options;
  const [worker, client, copies] = await Promise.all([
    Worker.open(connectOptions(address), { signal }),
    JobClient.open(connectOptions(resultServer), { signal }),
    dupServer === undefined ? undefined : JobClient.open(connectOptions(dupServer), { signal }),
  ]);
  const stop = () => {
    worker.close();
    client.close();
    copies?.close();
  };
  owner.after(stop);
  for (const queue of queues) worker.register(queue);
  await worker.flush();

  const jobs: CheckJob[] = [];
  const handle = async (job: Job): Promise<undefined> => {
    if (options.dies) {
      stop();
      return new Promise(() => {});
    }
    const check = parseJob(cipher.open(job.payload) ?? "");
    if (check === undefined) return;
    jobs.push(check);
    // a long delay must not keep the test process alive
    await sleep(options.delayMs ?? 0, undefined, { ref: false });
    const payload = resultCipher.seal(await runCheck(check, options));
    const send = async () => {
      for (let copy = 0; copy < (options.copies ?? 1); copy++) {
        await client.submitBackground({ queue: check.resultQueue, unique: "", payload });
      }
      if (options.dupDelayMs !== undefined) await sleep(options.dupDelayMs);
      await copies?.submitBackground({ queue: check.resultQueue, unique: "", payload });
    };
    if (options.order === "job-first") {
      job.complete();
      await sleep(100);
    }
    await send();
    if (options.neverEnds) await new Promise(() => {});
  };
  // ends with its connection, which is how a test ends it
  worker.run(handle).catch(() => {});
  return { jobs, stop };
}

async function runCheck(check: CheckJob, options: ModGearmanWorkerOptions) {
  const { identifier = "host2", clockAhead = 0, service } = options;
  const clock = () => Date.now() + clockAhead * 1000;
  const startTime = clock();
  const { code, output } =
    options.output === undefined ? await runCommand(check.commandLine) : { code: 0, output: options.output };
  return formatResult({
    hostName: check.hostName,
    serviceDescription: service ?? check.serviceDescription,
    returnCode: code,
    startTime,
    finishTime: clock(),
    source: `Mod-Gearman Worker @ ${identifier}`,
    output,
  });
}

function runCommand(line: string): Promise<{ code: number; output: string }> {
  const [file = "", ...args] =
    /^[/.]/.test(line) && !NEEDS_SHELL.test(line) ? line.split(" ") : ["/bin/sh", "-c", line];
  return new Promise((resolve) => {
    execFile(file, args, { maxBuffer: 16 * 1024 * 1024 }, (error, output) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 2, output });
    });
  });
}
