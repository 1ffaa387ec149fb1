import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { programPath } from "../support/debian.ts";
import { type Owner, spawnOwned } from "../support/owner.ts";
import { until } from "../support/until.ts";
import { type Address, addressOf, freePort, listen } from "./address.ts";

/** One line of a graph: its tags, and rows of time (milliseconds since 1970) and value. */
interface InfluxSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (number | string | null)[])[];
}

/** A real InfluxDB, without users. */
export interface Influxdb extends Address {
  /** Where InfluxDB 2's way of writing is understood as well; a bucket is a database. This one is too old for it. */
  readonly version2: Address;
  /** The answer to an InfluxQL query. @throws Error with what the server says about a bad one */
  query(database: string, query: string): Promise<readonly InfluxSeries[]>;
}

/**
 * Starts Debian's influxd in a folder of its own, with empty databases; resolves when it answers. Its owner ends it.
 *
 * @throws Error naming the Debian package when there is no influxd
 */
export async function startInfluxdb(owner: Owner, ...databases: readonly string[]): Promise<Influxdb> {
  const program = programPath("influxd");
  const folder = await mkdtemp(join(tmpdir(), "influxdb-"));
  owner.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  await Promise.all(["meta", "data", "wal"].map((name) => mkdir(join(folder, name))));
  const [port, backup] = await Promise.all([freePort(), freePort()]);
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
    const response = await fetch(url, { method, signal: AbortSignal.timeout(60_000) });
    const answer = (await response.json()) as {
      error?: string;
      results?: readonly { error?: string; series?: readonly InfluxSeries[] }[];
    };
    const error = answer.error ?? answer.results?.find((result) => result.error !== undefined)?.error;
    if (error !== undefined) throw new Error(`InfluxDB: ${error}: ${JSON.stringify(parameters)}`);
    return answer.results?.flatMap(({ series = [] }) => series) ?? [];
  };
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`influxd ended at once:\n${log}`);
    try {
      for (const database of databases) await ask("POST", "/query", { q: `CREATE DATABASE ${database}` });
      return true;
    } catch {
      return false;
    }
  };
  await until(isUp, () => `influxd:\n${log}`, 50);
  return {
    ...addressOf("127.0.0.1", port),
    version2: await listenForVersion2(owner, port),
    query: (db, q) => ask("GET", "/query", { db, q, epoch: "ms" }),
  };
}

/** Takes `POST /api/v2/write?bucket=DATABASE` and hands the same lines on as `POST /write?db=DATABASE`. */
async function listenForVersion2(owner: Owner, port: number): Promise<Address> {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
    const to = new URLSearchParams({
      db: searchParams.get("bucket") ?? "",
      precision: searchParams.get("precision") ?? "ns",
    });
    const body = await text(request);
    const known = pathname === "/api/v2/write";
    // at the end of a test the core may still write when the database has gone
    const written = known
      ? fetch(`http://127.0.0.1:${port}/write?${to}`, { method: "POST", body }).then(({ status }) => status)
      : 404;
    response.writeHead(await Promise.resolve(written).catch(() => 502)).end();
  });
  owner.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return listen(server);
}
