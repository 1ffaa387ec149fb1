import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { programPath } from "../support/debian.ts";
import { type Owner, spawnOwned } from "../support/owner.ts";
import { type Address, addressOf, freePort } from "./address.ts";

/** One line of a graph: its tags, and rows of time (milliseconds since 1970) and value. */
interface InfluxSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (number | string | null)[])[];
}

/** A real InfluxDB, without users. */
export interface Influxdb extends Address {
  /** The answer to an InfluxQL query. @throws Error with what the server says about a bad one */
  query(database: string, query: string): Promise<readonly InfluxSeries[]>;
}

const START_LIMIT_MS = 20_000;

/**
 * Starts Debian's influxd in a folder of its own, with an empty database; resolves when it answers. Its owner ends it.
 *
 * @throws Error naming the Debian package when there is no influxd
 */
export async function startInfluxdb(owner: Owner, database: string): Promise<Influxdb> {
  const program = programPath("influxd");
  const folder = await mkdtemp(join(tmpdir(), "influxdb-"));
  owner.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  await Promise.all(["meta", "data", "wal"].map((name) => mkdir(join(folder, name))));
  const [port, backup] = [await freePort(), await freePort()];
  const config = join(folder, "influxdb.conf");
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${backup}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
`,
  );
  const child = spawnOwned(owner, program, ["-config", config], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk;
  });

  const ask = async (method: string, path: string, parameters: Readonly<Record<string, string>>) => {
    const url = `http://127.0.0.1:${port}${path}?${new URLSearchParams(parameters)}`;
    const response = await fetch(url, { method, signal: AbortSignal.timeout(10_000) });
    const answer = (await response.json()) as {
      error?: string;
      results?: readonly { error?: string; series?: readonly InfluxSeries[] }[];
    };
    const error = answer.error ?? answer.results?.find((result) => result.error !== undefined)?.error;
    if (error !== undefined) throw new Error(`InfluxDB: ${error}: ${JSON.stringify(parameters)}`);
    return answer.results?.flatMap(({ series = [] }) => series) ?? [];
  };
  for (const end = Date.now() + START_LIMIT_MS; ; ) {
    try {
      await ask("POST", "/query", { q: `CREATE DATABASE ${database}` });
      break;
    } catch {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`influxd does not answer:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    ...addressOf("127.0.0.1", port),
    query: (db, q) => ask("GET", "/query", { db, q, epoch: "ms" }),
  };
}
