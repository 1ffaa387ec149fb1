import type { ChildProcess } from "node:child_process";

import { programPath } from "../support/debian.ts";
import { kill, type Owner, spawnOwned } from "../support/owner.ts";
import { until } from "../support/until.ts";
import { type Address, addressOf, freePort } from "./address.ts";
import { adminCommand } from "./admin.ts";

const ATTEMPTS = 3;

export interface GearmandOptions {
  /** Default 127.0.0.1; `::1` works as well. */
  readonly host?: string;
  /** A free one when left out. */
  readonly port?: number;
  /** More of gearmand's own options, such as `--threads=1`. */
  readonly args?: readonly string[];
}

/** A real job server. */
export interface Gearmand extends Address {
  /** Changes with every {@link Gearmand.restart}. */
  readonly pid: number;
  /** Ends the server, and with it all jobs; resolves when its port refuses. */
  stop(): Promise<void>;
  /** Stops it when it still runs, then starts an empty server on the same port. */
  restart(): Promise<void>;
  /** Stops the process without ending it (SIGSTOP): connections succeed, answers do not come. */
  freeze(): void;
  thaw(): void;
  /** What the server wrote to its log. */
  log(): string;
}

/**
 * Starts Debian's gearmand on the loopback interface; resolves when it answers. Its owner ends it.
 *
 * @throws Error naming the Debian package when there is no gearmand.
 */
export async function startGearmand(owner: Owner, options: GearmandOptions = {}): Promise<Gearmand> {
  const { host = "127.0.0.1", args = [] } = options;
  const program = programPath("gearmand");
  let log = "";

  const launch = async (port: number): Promise<ChildProcess> => {
    // an empty pid file, because the default is one path for all servers of the machine
    const own = ["--listen", host, "--port", String(port), "--log-file", "stderr", "--pid-file", ""];
    const child = spawnOwned(owner, program, [...own, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const note = (chunk: Buffer) => {
      log += chunk.toString();
    };
    child.stdout?.on("data", note);
    child.stderr?.on("data", note);
    child.once("error", (error) => note(Buffer.from(`${error}\n`)));
    try {
      await answering(child, addressOf(host, port));
      return child;
    } catch (error) {
      await kill(child);
      throw new Error(`gearmand on port ${port}: ${(error as Error).message}\n${log}`);
    }
  };

  let port = options.port ?? (await freePort(host));
  let child: ChildProcess | undefined;
  for (let attempt = 1; child === undefined; attempt += 1) {
    try {
      child = await launch(port);
    } catch (error) {
      // somebody else may have taken the free port before us
      if (options.port !== undefined || attempt === ATTEMPTS) throw error;
      port = await freePort(host);
    }
  }

  let current = child;
  return {
    ...addressOf(host, port),
    get pid() {
      return current.pid ?? 0;
    },
    stop: () => kill(current),
    async restart() {
      await kill(current);
      current = await launch(port);
    },
    freeze: () => void current.kill("SIGSTOP"),
    thaw: () => void current.kill("SIGCONT"),
    log: () => log,
  };
}

/** Asks for the pid, since with a port taken twice it would be another server that answers; gearmand itself waits then. */
async function answering(child: ChildProcess, { address }: Address): Promise<void> {
  const isUp = async () => {
    const reply = await adminCommand(address, "getpid").catch(() => undefined);
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("ended at once");
    if (reply !== undefined && reply !== `OK ${child.pid}\n`) throw new Error("the port belongs to another server");
    return reply !== undefined;
  };
  await until(isUp, () => "an answer");
}
