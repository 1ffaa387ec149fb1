import { CheckError, parseJson, printable, Status } from "monitoring-plugins-ts";
import type { HttpResponse } from "monitoring-plugins-ts/http";

import { type Connection, Stranger, send } from "./source.ts";

/**
 * The content of an answer whose status is 200, or `also`.
 *
 * @throws CheckError for any other status, and for what is no JSON object or list
 */
export function readJson(connection: Connection, answer: HttpResponse, also = 200): object {
  const { status, body } = answer;
  const content = parseJson(body);
  if (status === 401 || status === 403) throw denied(connection, reasonOf(content));
  if (status !== 200 && status !== also) throw failed(connection, answer, content);
  if (typeof content !== "object" || content === null) throw strange(connection, answer);
  return content;
}

const reasonOf = (content: unknown) => {
  const { reason } = (content ?? {}) as { reason?: unknown };
  return typeof reason === "string" ? printable(reason, 200) : undefined;
};

/** Who was refused what, and what would help. */
function denied({ url, login, vhost }: Connection, reason: string | undefined): CheckError {
  const refused = (message: string) => new CheckError(Status.UNKNOWN, message);
  if (login === undefined) return refused(`${url.host} asks for user and password: give them by --auth-file`);
  const user = printable(login.user, 100);
  const place = printable(vhost, 100);
  if (reason === "Not management user") {
    return refused(`user ${user} has no tag for the management API: rabbitmqctl set_user_tags ${user} monitoring`);
  }
  if (reason === "Not monitor user") {
    return refused(`user ${user} may not see the nodes: rabbitmqctl set_user_tags ${user} monitoring`);
  }
  if (reason === "User not authorised to access virtual host") {
    return refused(
      `user ${user} has no rights on vhost ${place}: rabbitmqctl set_permissions -p ${place} ${user} "^$" "^$" "^$"`,
    );
  }
  return refused(`user ${user} is refused by ${url.host}${reason === undefined ? "" : `: ${reason}`}`);
}

/** The broker's other servers know no such path, in the same words as for a vhost that is not there. */
export async function missing(connection: Connection, answer: HttpResponse): Promise<CheckError> {
  if ((await send(connection, "api/whoami")).status !== 200) return failed(connection, answer);
  const { url, vhost } = connection;
  return new CheckError(Status.UNKNOWN, `there is no vhost ${printable(vhost, 100)} at ${url.host}`);
}

/** An answer with a status that means nothing here. */
export function failed({ url }: Connection, { status }: HttpResponse, content?: unknown): CheckError {
  const reason = reasonOf(content);
  const why = `HTTP status ${status}${reason === undefined ? "" : `: ${reason}`}`;
  if (status >= 500) return new CheckError(Status.CRITICAL, `${url.host} answers with ${why}`);
  return new Stranger(`${url.host} is not RabbitMQ's management API: it answers with ${why}`);
}

/** An answer that is not RabbitMQ's. */
export function strange({ url }: Connection, { headers, body }: HttpResponse): CheckError {
  const type = printable(headers["content-type"] ?? "no type", 60);
  const begin = printable(body.trim().slice(0, 41), 40);
  return new Stranger(
    `${url.host} is not RabbitMQ's management API: it answers with ${type}, not its JSON: '${begin}'`,
  );
}
