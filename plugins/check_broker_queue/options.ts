import {
  type Login,
  list,
  option,
  parseDuration,
  parseLogin,
  parseStatus,
  readLogin,
  selectionOptions,
  unjudgedOption,
} from "monitoring-plugins-ts";
import { formatEndpoint, networkOptions, parseAddress, withPort } from "monitoring-plugins-ts/net";
import { parseStateFolder } from "monitoring-plugins-ts/state";

import { quantities } from "./quantities.ts";
import { SOURCES, type Type } from "./sources.ts";

const BROKER = "Broker";
const QUEUES = "Which queues";
const STATES = "States";

/** Of RabbitMQ's management API, plain and by TLS. */
const PORTS = { http: 15672, https: 15671 } as const;

/** Where to ask: an address in full, or a host, whose scheme and port depend on other options. */
interface BrokerAddress {
  readonly url: (isTls: boolean) => URL;
  /** The address says whether TLS is spoken. */
  readonly isTls: boolean | undefined;
}

/** @throws Error naming the text, unless a password is in it */
function parseBroker(text: string): BrokerAddress {
  if (!text.includes("://")) {
    if (text.includes("@")) throw withPassword();
    const address = parseAddress(text);
    const url = (scheme: keyof typeof PORTS) =>
      new URL(`${scheme}://${formatEndpoint(withPort(address, PORTS[scheme]))}`);
    return { url: (isTls) => url(isTls ? "https" : "http"), isTls: undefined };
  }
  if (!URL.canParse(text)) throw text.includes("@") ? withPassword() : new Error(`'${text}' is not an address`);
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw withPassword();
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new Error(`'${text}' is neither http:// nor https://`);
  if (url.search !== "" || url.hash !== "") throw new Error(`'${text}' has more than host, port and path`);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return { url: () => url, isTls: url.protocol === "https:" };
}

const withPassword = () =>
  new Error("no user and password in the address, where every user of the machine sees them: use --auth-file");

/** @throws Error naming the text */
function parseType(text: string): Type {
  if (!Object.hasOwn(SOURCES, text)) {
    throw new Error(`'${text}' is no type of broker: use ${Object.keys(SOURCES).join(", ")}`);
  }
  return text as Type;
}

/** Who asks, and the file that says so when every user may read it. */
interface Asker extends Login {
  readonly readable?: string | undefined;
}

function readLoginFile(path: string): Asker {
  const { login, isOpen } = readLogin(path);
  return { ...login, readable: isOpen ? path : undefined };
}

/** @throws Error that does not repeat the text */
function readLoginVariable(name: string): Asker {
  const text = process.env[name];
  if (text === undefined || text === "") throw new Error(`there is no variable '${name}' in the environment`);
  return parseLogin(text, `the variable '${name}'`);
}

/** What can be said on the command line. */
export const options = {
  server: list({
    flags: "-H, --url <url>",
    help: "RabbitMQ's management API: http(s)://host:15672, or its host; its Prometheus endpoint: http(s)://host:15692; ActiveMQ's Jolokia: http(s)://host:8161/api/jolokia. Repeatable: the first that answers decides.",
    section: BROKER,
    selects: true,
    parse: parseBroker,
    default: "localhost",
  }),
  type: option({
    flags: "--type <type>",
    help: `What it is, which otherwise its answer tells: ${Object.keys(SOURCES).join(", ")}.`,
    section: BROKER,
    parse: parseType,
  }),
  authFile: option({
    flags: "--auth-file <file>",
    help: "USER:PASSWORD in the first line of this file.",
    section: BROKER,
    parse: readLoginFile,
  }),
  authEnv: option({
    flags: "--auth-env <name>",
    help: "USER:PASSWORD in this variable of the environment.",
    section: BROKER,
    parse: readLoginVariable,
  }),
  ...networkOptions(BROKER),

  vhost: option({
    flags: "--vhost <name>",
    help: "Virtual host of the queues.",
    section: QUEUES,
    selects: true,
    default: "/",
  }),
  queue: list({
    flags: "-q, --queue <name>",
    help: "This queue only, by its exact name; repeatable.",
    section: QUEUES,
    selects: true,
  }),
  ...selectionOptions(QUEUES, "Queues"),

  ...quantities,

  missing: option({
    flags: "--missing <state>",
    help: "State of a queue (-q) that is not there.",
    section: STATES,
    parse: parseStatus,
    default: "critical",
  }),
  unjudged: unjudgedOption(STATES),
  confirm: option({
    flags: "--confirm <time>",
    help: "Ask again for so long before saying that there is no consumer, or that counts are missing; 0 is off. RabbitMQ's statistics are up to 5 s late.",
    section: STATES,
    parse: parseDuration,
    default: "6",
  }),
  stateDir: option({
    flags: "--state-dir <dir>",
    help: "Where counts are kept between runs. (default: $MP_STATE_PATH, else /var/lib/monitoring-plugins if writable, else the user's state folder)",
    section: STATES,
    parse: parseStateFolder,
  }),
};
