import { programPath } from "../support/debian.ts";
import { kill, type Owner, spawnOwned } from "../support/owner.ts";
import { connectOptions } from "./address.ts";
import { queueCounts, untilQueues } from "./admin.ts";
import { Type } from "./packet.ts";
import { RawConnection } from "./raw-connection.ts";

export interface WorkerOptions {
  /** Processes; each is one worker in `status`. */
  readonly count?: number;
  /** Run for each job with the payload on stdin, its stdout is the answer. */
  readonly command?: readonly string[];
}

/**
 * Starts real workers, `gearman -w`; resolves when the server counts them.
 *
 * @throws Error naming the Debian package when there is no `gearman`.
 */
export async function startWorkers(
  owner: Owner,
  address: string,
  queues: readonly string[],
  { count = 1, command = ["cat"] }: WorkerOptions = {},
): Promise<{ stop(): Promise<void> }> {
  const { host, port } = connectOptions(address);
  const program = programPath("gearman");
  const before = await queueCounts(address);
  const functions = queues.flatMap((queue) => ["-f", queue]);
  const args = ["-h", host, "-p", String(port), "-w", ...functions, "--", ...command];
  const children = Array.from({ length: count }, () => spawnOwned(owner, program, args, { stdio: "ignore" }));
  const shows = (added: number) =>
    untilQueues(address, (now) =>
      queues.every((queue) => now.get(queue)?.workers === (before.get(queue)?.workers ?? 0) + added),
    );
  await shows(count);
  return {
    async stop() {
      await Promise.all(children.map(kill));
      await shows(0);
    },
  };
}

/** Puts `count` background jobs into a queue; resolves when the server has taken all of them. */
export async function fillQueue(address: string, queue: string, count: number, payload = ""): Promise<void> {
  const connection = await RawConnection.open(address);
  // an empty unique id is never merged with another job's
  for (let i = 0; i < count; i += 1) connection.send(Type.SUBMIT_JOB_BG, queue, "", payload);
  for (let i = 0; i < count; i += 1) {
    const { type, body } = await connection.reply();
    if (type !== Type.JOB_CREATED) throw new Error(`job ${i} refused: ${body.toString()}`);
  }
  connection.close();
}

/**
 * Makes the server know `names` as functions, thousands of them in one go. They have one worker until `release()`, which
 * leaves functions without worker.
 */
export async function registerQueues(
  owner: Owner,
  address: string,
  names: readonly string[],
): Promise<{ release(): Promise<void> }> {
  const connection = await RawConnection.open(address);
  owner.after(() => connection.close());
  for (const name of names) connection.send(Type.CAN_DO, name);
  await connection.sync();
  return {
    async release() {
      connection.send(Type.RESET_ABILITIES);
      await connection.sync();
      connection.close();
    },
  };
}
