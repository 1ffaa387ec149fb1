import { CheckError, parseJson, printable, Status } from "monitoring-plugins-ts";
import type { HttpResponse } from "monitoring-plugins-ts/http";
import type { Queue } from "./facts.ts";
import { type Connection, Standby, Stranger, send } from "./source.ts";

/** Attributes of an MBean. One that could not be read is a text with the error. */
export type Bean = Readonly<Record<string, unknown>>;

/** MBeans to read, of a pattern that may match many. */
export interface Reading {
  readonly pattern: string;
  readonly attributes: readonly string[];
}

/** Under strict checking only a request with this header is answered, and "localhost" is what distributions allow. */
const ORIGIN = "http://localhost";

/** In place of what a limit of Jolokia cuts off, which it does not tell in another way. */
const CUT = "[Object limit exceeded]";

type Answer = Readonly<Record<string, unknown>>;

/**
 * Reads MBeans in one request.
 *
 * @returns for each reading those that match: none where nothing does
 * @throws {@link Stranger} when what answers is no Jolokia; CheckError when it refuses, fails or tells only a part
 */
export async function readBeans(
  connection: Connection,
  readings: readonly Reading[],
): Promise<readonly (readonly Bean[])[]> {
  const config = { ignoreErrors: true, includeStackTrace: false };
  const questions = readings.map(({ pattern, attributes }) => ({
    type: "read",
    mbean: pattern,
    attribute: attributes,
    config,
  }));
  // its limits, of which a list that is cut off does not tell
  const answer = await send(connection, "", [...questions, { type: "version", config }], { origin: ORIGIN });
  const all = parse(connection, answer);
  if (all.length !== questions.length + 1) throw strange(connection, answer);
  const most = limitOf(all.at(-1));
  return readings.map(({ attributes }, at) => {
    const beans = beansOf(connection, all[at], answer);
    // attributes are a list, too: without them a standby looks as if it served
    if (Math.max(beans.length, attributes.length) >= most) {
      const message = `Jolokia at ${connection.url.host} lists no more than ${most} (its maxCollectionSize): queues may be missing`;
      throw new CheckError(Status.UNKNOWN, message);
    }
    return beans;
  });
}

/** The answers of a bulk request. */
function parse(connection: Connection, answer: HttpResponse): readonly Answer[] {
  const { status, body } = answer;
  const { url, login } = connection;
  const unknown = (message: string) => new CheckError(Status.UNKNOWN, message);
  if (status === 401) {
    if (login === undefined) throw unknown(`${url.host} asks for user and password: give them by --auth-file`);
    throw unknown(`user ${printable(login.user, 100)} is refused by ${url.host}: wrong user or password`);
  }
  if (status === 403) {
    if (login === undefined)
      throw unknown(`${url.host} refuses (HTTP status 403): give user and password by --auth-file`);
    throw unknown(`user ${printable(login.user, 100)} has no right to Jolokia at ${url.host} (HTTP status 403)`);
  }
  if (status >= 500) throw new CheckError(Status.CRITICAL, `${url.host} answers with HTTP status ${status}`);
  if (status !== 200) throw new Stranger(`${url.host} is not Jolokia: it answers with HTTP status ${status}`);
  const content = parseJson(body);
  // what is refused as a whole is answered once
  if (isRecord(content)) beansOf(connection, content, answer);
  if (!Array.isArray(content)) throw strange(connection, answer);
  return content;
}

/** The MBeans in one answer. @throws CheckError unless it is a list, or says that there are none */
function beansOf(connection: Connection, answer: unknown, whole: HttpResponse): readonly Bean[] {
  const { host } = connection.url;
  if (!isRecord(answer)) throw strange(connection, whole);
  const { status, error, error_type: type, value } = answer;
  // "java.lang.Exception : what is wrong"
  const why = typeof error === "string" ? printable(error.replace(/^[\w.$]+ : /, ""), 200) : "no reason given";
  if (status === 404 && type === "javax.management.InstanceNotFoundException") return [];
  if (status === 403) {
    const hint = why.includes("Origin") ? `: allow ${ORIGIN} in its jolokia-access.xml` : "";
    throw new CheckError(Status.UNKNOWN, `Jolokia at ${host} refuses (status 403): ${why}${hint}`);
  }
  if (typeof status === "number" && status >= 400) {
    const state = status >= 500 ? Status.CRITICAL : Status.UNKNOWN;
    throw new CheckError(state, `Jolokia at ${host} fails (status ${status}): ${why}`);
  }
  if (status !== 200 || !isRecord(value)) throw strange(connection, whole);
  const beans = Object.values(value);
  if (!whole.body.includes(CUT)) {
    if (beans.every(isRecord)) return beans;
    throw strange(connection, whole);
  }
  return beans.map((bean) => {
    if (bean === CUT || (isRecord(bean) && Object.values(bean).includes(CUT))) {
      const message = `Jolokia at ${host} cuts its answer off (its maxObjects): queues would be missing`;
      throw new CheckError(Status.UNKNOWN, message);
    }
    if (!isRecord(bean)) throw strange(connection, whole);
    return bean;
  });
}

/** How many entries Jolokia lists at most; infinite where it does not tell. */
function limitOf(version: unknown): number {
  const { value } = isRecord(version) ? version : {};
  const { config } = isRecord(value) ? value : {};
  const { maxCollectionSize } = isRecord(config) ? config : {};
  const limit = Number(maxCollectionSize);
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

const isRecord = (value: unknown): value is Answer =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function strange({ url }: Connection, { headers, body }: HttpResponse): CheckError {
  const type = printable(headers["content-type"] ?? "no type", 60);
  const begin = printable(body.trim().slice(0, 41), 40);
  return new Stranger(`${url.host} does not answer as Jolokia does, but with ${type}: '${begin}'`);
}

/**
 * A count of a queue; undefined where the broker does not tell it.
 *
 * @throws CheckError when it is no count
 */
export function countOf({ url }: Connection, { Name }: Bean, attribute: string, value: unknown): number | undefined {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  if (value === undefined || value === null || isFailure(value)) return undefined;
  const name = printable(String(Name), 100);
  throw new CheckError(Status.UNKNOWN, `${url.host} answers with a queue whose ${attribute} is no count: '${name}'`);
}

/** A number that is not below 0; undefined where the broker does not tell it. */
export const amountOf = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;

/** The name of a queue. @throws CheckError when it has none */
export function nameOf({ url }: Connection, { Name: name }: Bean): string {
  if (typeof name === "string" && !isFailure(name)) return name;
  throw new CheckError(Status.UNKNOWN, `${url.host} answers with a queue whose Name is no text`);
}

/** By name, since Jolokia lists them in another order after each start. @throws CheckError when one is there twice */
export function sorted({ url }: Connection, queues: readonly Queue[]): readonly Queue[] {
  const known = new Map<string, Queue>();
  for (const queue of queues) {
    if (known.has(queue.name)) {
      throw new CheckError(Status.UNKNOWN, `${url.host} lists queue ${printable(queue.name, 100)} twice`);
    }
    known.set(queue.name, queue);
  }
  // texts alone are sorted without a call for each pair
  return Array.from([...known.keys()].sort(), (name) => known.get(name) as Queue);
}

/** A broker in the memory that Jolokia shows. */
interface Broker {
  readonly name: string;
  readonly isStandby: boolean;
  readonly bean: Bean;
}

/**
 * The one broker, which is active.
 *
 * @param kind of broker, as it is called
 * @throws {@link Stranger} when there is none, {@link Standby} when it waits
 */
export function activeBroker({ url, vhost }: Connection, kind: string, brokers: readonly Broker[]): Broker {
  const [broker, ...others] = brokers;
  if (broker === undefined)
    throw new Stranger(`${url.host} is not ${kind}: there is no broker in its Jolokia (useJmx may be off)`);
  const unknown = (message: string) => new CheckError(Status.UNKNOWN, message);
  if (others.length > 0) {
    const names = brokers.map(({ name }) => printable(name, 100)).join(", ");
    throw unknown(`${url.host} has ${brokers.length} brokers, where one is expected: ${names}`);
  }
  if (broker.isStandby) throw new Standby(`${url.host} is a standby, or still starts: it waits for its store`);
  if (vhost !== "/") throw unknown(`${kind} has no vhosts: --vhost is for RabbitMQ`);
  return { ...broker, name: printable(broker.name, 100) };
}

/** What Jolokia puts in place of an attribute that could not be read. */
const isFailure = (value: unknown) => typeof value === "string" && value.startsWith("ERROR: ");
