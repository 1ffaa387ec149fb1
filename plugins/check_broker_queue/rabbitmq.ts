import { CheckError, printable, Status } from "monitoring-plugins-ts";
import { type HttpRequest, type HttpResponse, request } from "monitoring-plugins-ts/http";

import type { Alarm, Queue } from "./facts.ts";
import type { Login } from "./options.ts";

/** 10,000 queues are 2 MB. */
const MAX_BYTES = 24 * 1024 * 1024;

/** Only these are sent: all a queue has is 50 times as long. */
const COLUMNS = "name,state,node,messages_ready,messages_unacknowledged,consumers,members,online";

/** How to ask RabbitMQ's management API. */
export interface Management {
  readonly url: URL;
  readonly login: Login | undefined;
  readonly vhost: string;
  readonly http: Omit<HttpRequest, "maxBytes" | "headers" | "json">;
}

/**
 * The queues of the vhost. Of one that is named only that is asked for; when it is not there, the list tells why: a classic
 * queue whose node is down is in the list alone.
 *
 * @throws CheckError when there is no answer, or one that is not RabbitMQ's
 */
export async function fetchQueues(management: Management, only: string | undefined): Promise<readonly Queue[]> {
  const path = `api/queues/${encodeURIComponent(management.vhost)}`;
  if (only !== undefined) {
    const answer = await get(management, `${path}/${encodeURIComponent(only)}?columns=${COLUMNS}`);
    if (answer.status !== 404) return [readQueue(readJson(management, answer), management)];
  }
  const answer = await get(management, `${path}?columns=${COLUMNS}`);
  if (answer.status === 404) throw await missing(management, answer);
  const list = readJson(management, answer);
  if (!Array.isArray(list)) throw strange(management, answer);
  return list.map((row) => readQueue(row, management));
}

/** Nodes that run short of something, at once and without statistics. Undefined where the broker is too old to tell. */
export async function fetchAlarms(management: Management): Promise<readonly Alarm[] | undefined> {
  const answer = await get(management, "api/health/checks/alarms");
  if (answer.status === 404) return undefined;
  const content = readJson(management, answer, 503) as { status?: unknown; alarms?: unknown };
  if (answer.status === 200) return [];
  if (!Array.isArray(content.alarms)) throw failed(management, answer);
  return content.alarms.map(({ node, resource }: Record<string, unknown>) => ({
    node: String(node),
    resource: String(resource),
  }));
}

async function get({ url, login, http }: Management, path: string): Promise<HttpResponse> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (login !== undefined) {
    headers.authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  }
  try {
    return await request(new URL(path, url), { ...http, headers, maxBytes: MAX_BYTES });
  } catch (error) {
    const { cause } = error as { cause?: { rawPacket?: unknown } };
    if (cause?.rawPacket instanceof Buffer && cause.rawPacket.toString("latin1").startsWith("AMQP")) {
      const message = `${url.host} is the broker's AMQP port: -H takes its management API, port 15672`;
      throw new CheckError(Status.UNKNOWN, message, { cause });
    }
    throw error;
  }
}

/**
 * The content of an answer whose status is 200, or `also`.
 *
 * @throws CheckError for any other status, and for what is no JSON object or list
 */
function readJson(management: Management, answer: HttpResponse, also = 200): object {
  const { status, headers, body } = answer;
  const { host } = management.url;
  if (status >= 300 && status < 400 && headers.location !== undefined) {
    const to = printable(headers.location, 100);
    throw new CheckError(
      Status.UNKNOWN,
      `${host} redirects to ${to}, which is not followed: give -H the address itself`,
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    content = undefined;
  }
  if (status === 401 || status === 403) throw denied(management, reasonOf(content));
  if (status !== 200 && status !== also) throw failed(management, answer, content);
  if (typeof content !== "object" || content === null) throw strange(management, answer);
  return content;
}

const reasonOf = (content: unknown) => {
  const { reason } = (content ?? {}) as { reason?: unknown };
  return typeof reason === "string" ? printable(reason, 200) : undefined;
};

/** Who was refused what, and what would help. */
function denied({ url, login, vhost }: Management, reason: string | undefined): CheckError {
  const unknown = (message: string) => new CheckError(Status.UNKNOWN, message);
  if (login === undefined) return unknown(`${url.host} asks for user and password: give them by --auth-file`);
  const user = printable(login.user, 100);
  const place = printable(vhost, 100);
  if (reason === "Not management user") {
    return unknown(`user ${user} has no tag for the management API: rabbitmqctl set_user_tags ${user} monitoring`);
  }
  if (reason === "User not authorised to access virtual host") {
    return unknown(
      `user ${user} has no rights on vhost ${place}: rabbitmqctl set_permissions -p ${place} ${user} "^$" "^$" "^$"`,
    );
  }
  return unknown(`user ${user} is refused by ${url.host}${reason === undefined ? "" : `: ${reason}`}`);
}

/** The broker's other servers know no such path, in the same words as for a vhost that is not there. */
async function missing(management: Management, answer: HttpResponse): Promise<CheckError> {
  if ((await get(management, "api/whoami")).status !== 200) return failed(management, answer);
  const { url, vhost } = management;
  return new CheckError(Status.UNKNOWN, `there is no vhost ${printable(vhost, 100)} at ${url.host}`);
}

function failed({ url }: Management, { status }: HttpResponse, content?: unknown): CheckError {
  const reason = reasonOf(content);
  const why = `HTTP status ${status}${reason === undefined ? "" : `: ${reason}`}`;
  if (status >= 500) return new CheckError(Status.CRITICAL, `${url.host} answers with ${why}`);
  return new CheckError(Status.UNKNOWN, `${url.host} is not RabbitMQ's management API: it answers with ${why}`);
}

function strange({ url }: Management, { headers, body }: HttpResponse): CheckError {
  const type = printable(headers["content-type"] ?? "no type", 60);
  const begin = printable(body.trim().slice(0, 41), 40);
  return new CheckError(
    Status.UNKNOWN,
    `${url.host} is not RabbitMQ's management API: it answers with ${type}, not its JSON: '${begin}'`,
  );
}

function readQueue(row: unknown, { url }: Management): Queue {
  const told = (row ?? {}) as Record<string, unknown>;
  const { name, state, node, members, online } = told;
  const wrong = (what: string) =>
    new CheckError(Status.UNKNOWN, `${url.host} answers with a queue whose ${what}: '${printable(String(name), 100)}'`);
  if (typeof name !== "string") throw wrong("name is no text");
  const count = (key: string) => {
    const value = told[key];
    if (value === undefined || value === null) return undefined;
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(`${key} is no count`);
    return value as number;
  };
  return {
    name,
    ready: count("messages_ready"),
    unacknowledged: count("messages_unacknowledged"),
    consumers: count("consumers"),
    state: typeof state === "string" ? state : undefined,
    node: typeof node === "string" ? node : undefined,
    members: readNames(members),
    online: readNames(online),
  };
}

const readNames = (value: unknown) => (Array.isArray(value) ? value.map(String) : undefined);
