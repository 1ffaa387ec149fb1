import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { connectStomp } from "#test/servers/stomp.ts";
import { programPath } from "#test/support/debian.ts";
import { kill, type Owner, spawnOwned } from "#test/support/owner.ts";
import { until } from "#test/support/until.ts";

const LOGIN = { user: "admin", password: "secret" };

/** As in the distribution: only with a header Origin, as browsers send it. */
const policyFor = (origin: string) =>
  `<restrict><cors><allow-origin>${origin}</allow-origin><strict-checking/></cors></restrict>\n`;

/** What a test with an ActiveMQ needs. */
export const ACTIVEMQ = ["javac", "activemq-broker.jar", "jolokia-core.jar", "jetty9-server.jar"] as const;

/** All that the broker is made of. */
const JARS = [
  ...["activemq-broker", "activemq-client", "activemq-kahadb-store", "activemq-openwire-legacy", "activemq-stomp"],
  ...["activemq-protobuf", "geronimo-j2ee-management-1.1-spec", "geronimo-jms_1.1_spec", "hawtbuf"],
  ...["jackson-annotations", "jackson-core", "jackson-databind", "slf4j-api", "slf4j-nop"],
  ...["jetty9-http", "jetty9-io", "jetty9-security", "jetty9-server", "jetty9-servlet", "jetty9-util"],
  ...["jetty9-util-ajax", "jolokia-core", "json-simple", "servlet-api"],
];

/** A real broker, whose user `admin` has the password `secret`. */
export interface Activemq {
  /** Of Jolokia. */
  readonly url: string;
  readonly name: string;
  /** Of its store, which a standby shares. */
  readonly folder: string;
  /** Runs an operation of the broker, or of one of its queues. @throws Error with its answer unless that is a success */
  run(operation: string, args?: readonly unknown[], queue?: string): Promise<void>;
  /** Sets an attribute of the broker. */
  set(attribute: string, value: unknown): Promise<void>;
  /** Connects over STOMP, as soon as the broker is active. */
  stomp(): Promise<Queues>;
  /** Ends it as a power failure does. */
  stop(): Promise<void>;
}

/** A connection over STOMP. */
interface Queues {
  /** Puts messages into a queue, and resolves when the broker has them. */
  send(queue: string, count: number, headers?: Readonly<Record<string, string>>): Promise<void>;
  /** Takes messages of a queue, of which none is acknowledged. */
  subscribe(queue: string): Promise<void>;
}

export interface BrokerOptions {
  readonly name?: string;
  /** Of another broker, of before or that is the active one now. */
  readonly folder?: string;
  /** Resolves without waiting for the lock of the store. */
  readonly isStandby?: boolean;
}

/**
 * Starts an ActiveMQ of Debian's packages on loopback, with Jolokia.
 *
 * @throws Error naming the Debian package when there is none
 */
export async function startActivemq(
  owner: Owner,
  { name = "one", folder, isStandby = false }: BrokerOptions = {},
): Promise<Activemq> {
  const store = folder ?? (await mkdtemp(join(tmpdir(), "activemq-")));
  if (folder === undefined) {
    owner.after(() => rm(store, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  }
  const policy = async (file: string, origin: string) => {
    const path = join(store, file);
    await writeFile(path, policyFor(origin));
    return pathToFileURL(path).href;
  };
  const policies = [
    await policy("jolokia-access.xml", "*://localhost*"),
    await policy("strict-access.xml", "*://console.example.com"),
  ];
  for (const needed of ACTIVEMQ) programPath(needed);
  const classes = JARS.map((jar) => `/usr/share/java/${jar}.jar`).join(":");
  const source = fileURLToPath(new URL("Broker.java", import.meta.url));
  const args = [name, store, ...policies, LOGIN.user, LOGIN.password];
  // what a short life needs: little memory, no second compiler, no threads of the collector
  const flags = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classes];
  const child = spawnOwned(owner, "java", [...flags, source, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const output of [child.stdout, child.stderr]) {
    output?.on("data", (chunk: Buffer) => {
      log += chunk;
    });
  }
  const port = async (of: "jolokia" | "stomp") => {
    const said = new RegExp(`^${of} (\\d+)$`, "m");
    const isSaid = () => {
      if (child.exitCode !== null) throw new Error(`ActiveMQ ended at once:\n${log}`);
      return said.test(log);
    };
    await until(isSaid, () => `ActiveMQ to say "${of}":\n${log}`, 50);
    return Number(said.exec(log)?.[1]);
  };
  const url = `http://127.0.0.1:${await port("jolokia")}/api/jolokia`;
  if (!isStandby) await port("stomp");

  const ask = async (question: object) => {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64")}`,
        "content-type": "application/json",
        origin: "http://localhost",
      },
      body: JSON.stringify(question),
    });
    const answer = (await response.json()) as { status: number };
    if (answer.status !== 200) throw new Error(`${JSON.stringify(question)}: ${JSON.stringify(answer)}`);
  };
  const mbean = `org.apache.activemq:type=Broker,brokerName=${name}`;
  return {
    url,
    name,
    folder: store,
    run(operation, args = [], queue) {
      const of = queue === undefined ? "" : `,destinationType=Queue,destinationName=${queue}`;
      return ask({ type: "exec", mbean: `${mbean}${of}`, operation, arguments: args });
    },
    set: (attribute, value) => ask({ type: "write", mbean, attribute, value }),
    async stomp() {
      const connection = connectStomp(owner, await port("stomp"));
      return {
        send: (queue, count, headers) =>
          connection.send(`/queue/${queue}`, Array<Buffer>(count).fill(Buffer.from("x")), headers),
        subscribe: (queue) => connection.subscribe(`/queue/${queue}`),
      };
    },
    stop: () => kill(child),
  };
}
