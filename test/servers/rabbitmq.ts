import { type ChildProcess, execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { programPath } from "../support/debian.ts";
import { kill, type Owner, signalGroup, spawnOwned } from "../support/owner.ts";
import { until } from "../support/until.ts";
import { type Address, addressOf, freePort } from "./address.ts";
import { connectStomp } from "./stomp.ts";

/** Without Debian's wrapper in /usr/sbin, which changes the user. */
const BIN = "/usr/lib/rabbitmq/bin";

const LOGIN = { user: "admin", password: "secret" };
const STOMP_LOGIN = { login: LOGIN.user, passcode: LOGIN.password };

/** A real broker, whose user `admin` has the password `secret`. */
export interface Rabbitmq {
  /** `http://HOST:PORT` of the management API. */
  readonly url: string;
  readonly amqp: Address;
  readonly prometheus: Address;
  readonly stomp: Address;
  /** By TLS, where there is a certificate. */
  readonly stomps: Address;
  /** `NAME@localhost` */
  readonly node: string;
  /** Sends to the management API as `admin`, by PUT where there is something to send. @throws Error with its answer unless it is 2xx */
  api(path: string, content?: unknown, method?: string): Promise<unknown>;
  /** Puts messages into a queue, by way of the management API. */
  publish(queue: string, count: number): Promise<void>;
  /** Puts messages into a queue over STOMP; resolves when the broker has them on its disk. */
  send(queue: string, messages: readonly Buffer[]): Promise<void>;
  /** Takes messages of a queue over STOMP, until its owner ends or it is called; unless it is said to take them for good it acknowledges none. */
  consume(queue: string, how?: { readonly forGood: boolean }): Promise<() => void>;
  /** Runs rabbitmqctl, which takes its time. @returns its output */
  control(...args: readonly string[]): Promise<string>;
  /** Ends the node as a power failure does. */
  stop(): Promise<void>;
  /** Does that, and starts it again on the same ports. */
  restart(): Promise<void>;
}

export interface NodeOptions {
  readonly name?: string;
  /** Nodes of a cluster share it. */
  readonly names?: Epmd;
  /** A running node, to form a cluster with. */
  readonly joins?: string;
  /** Of its listener for STOMP by TLS. */
  readonly certificates?: { readonly ca: string; readonly cert: string; readonly key: string };
  /** As the future has it: the management counts nothing. */
  readonly withoutStatistics?: boolean;
}

/** Erlang's name server for the nodes of a test, on a port of its own: the machine's would outlive them. */
export interface Epmd {
  readonly port: number;
  readonly folder: string;
}

export async function startEpmd(owner: Owner): Promise<Epmd> {
  programPath("rabbitmq-server");
  const folder = await mkdtemp(join(tmpdir(), "rabbitmq-"));
  owner.after(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const port = await freePort();
  const child = spawnOwned(owner, "epmd", ["-port", `${port}`, "-address", "127.0.0.1"], { stdio: "ignore" });
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error("epmd ended at once");
    const socket = connect({ host: "127.0.0.1", port });
    const connected = once(socket, "connect").then(
      () => true,
      () => false,
    );
    return connected.finally(() => socket.destroy());
  };
  await until(isUp, () => "epmd");
  return { port, folder };
}

/**
 * Starts Debian's RabbitMQ on loopback with statistics of twice a second, where five seconds are the default; resolves when it
 * is up, which takes seconds.
 *
 * @param names of a cluster, and `joins` the node that the new one forms it with
 * @throws Error naming the Debian package when there is none
 */
export async function startRabbitmq(
  owner: Owner,
  { name = "rabbit", names, joins, certificates, withoutStatistics = false }: NodeOptions = {},
): Promise<Rabbitmq> {
  const epmd = names ?? (await startEpmd(owner));
  const folder = join(epmd.folder, name);
  await mkdir(join(folder, "log"), { recursive: true });
  const [amqp, management, stomp, stomps, prometheus, distribution] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const file = (path: string) => join(folder, path);
  await writeFile(file("plugins"), "[rabbitmq_management,rabbitmq_prometheus,rabbitmq_stomp].\n");
  await writeFile(
    file("rabbitmq.conf"),
    `listeners.tcp.1 = 127.0.0.1:${amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = ${management}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = ${prometheus}
stomp.listeners.tcp.1 = 127.0.0.1:${stomp}
${
  certificates === undefined
    ? ""
    : `stomp.listeners.ssl.1 = 127.0.0.1:${stomps}
ssl_options.cacertfile = ${certificates.ca}
ssl_options.certfile = ${certificates.cert}
ssl_options.keyfile = ${certificates.key}`
}
collect_statistics_interval = 500
default_user = ${LOGIN.user}
default_pass = ${LOGIN.password}
${withoutStatistics ? "management_agent.disable_metrics_collector = true" : ""}
${joins === undefined ? "" : `cluster_formation.classic_config.nodes.1 = ${joins}`}
log.console = true
log.file = false
`,
  );
  const node = `${name}@localhost`;
  const env = {
    PATH: process.env.PATH,
    // for the cookie, which all nodes of a cluster and rabbitmqctl share
    HOME: epmd.folder,
    LANG: "C.UTF-8",
    ERL_EPMD_PORT: `${epmd.port}`,
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_NODENAME: node,
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_MNESIA_BASE: file("data"),
    RABBITMQ_LOG_BASE: file("log"),
    RABBITMQ_PID_FILE: file("pid"),
    RABBITMQ_ENABLED_PLUGINS_FILE: file("plugins"),
    RABBITMQ_CONFIG_FILE: file("rabbitmq.conf"),
    // one thread that sleeps when there is nothing to do: the machine is shared
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
  };
  let child = await boot(owner, env);

  const url = `http://127.0.0.1:${management}`;
  const api = async (path: string, content?: unknown, method = content === undefined ? "GET" : "PUT") => {
    const response = await fetch(`${url}/api/${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64")}` },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  return {
    url,
    node,
    amqp: addressOf("127.0.0.1", amqp),
    prometheus: addressOf("127.0.0.1", prometheus),
    stomp: addressOf("127.0.0.1", stomp),
    stomps: addressOf("127.0.0.1", stomps),
    api,
    async publish(queue, count) {
      const message = { properties: {}, routing_key: queue, payload: "x", payload_encoding: "string" };
      for (let sent = 0; sent < count; sent++) await api("exchanges/%2f/amq.default/publish", message, "POST");
    },
    async send(queue, messages) {
      const connection = connectStomp(owner, stomp, STOMP_LOGIN);
      await connection.send(`/amq/queue/${queue}`, messages, { persistent: "true" });
      connection.close();
    },
    async consume(queue, { forGood } = { forGood: false }) {
      const connection = connectStomp(owner, stomp, STOMP_LOGIN);
      await connection.subscribe(`/amq/queue/${queue}`, forGood ? "auto" : "client");
      return connection.close;
    },
    async control(...args) {
      const { stdout } = await promisify(execFile)(join(BIN, "rabbitmqctl"), ["-n", node, ...args], { env });
      return stdout;
    },
    stop: () => end(child),
    async restart() {
      await end(child);
      child = await boot(owner, env);
    },
  };
}

/** Starts the program and waits until it is up. */
async function boot(owner: Owner, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  let log = "";
  const child = spawnOwned(owner, join(BIN, "rabbitmq-server"), [], { env, stdio: ["ignore", "pipe", "pipe"] });
  for (const output of [child.stdout, child.stderr]) {
    output?.on("data", (chunk: Buffer) => {
      log += chunk;
    });
  }
  const isUp = () => {
    if (child.exitCode !== null) throw new Error(`rabbitmq-server ended at once:\n${log}`);
    return log.includes("Server startup complete");
  };
  await until(isUp, () => `rabbitmq-server:\n${log}`, 100);
  return child;
}

function end(child: ChildProcess): Promise<void> {
  // the broker is a child of the script that starts it
  signalGroup(child, "SIGKILL");
  return kill(child);
}
