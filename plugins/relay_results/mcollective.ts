import type { RawResult } from "monitoring-plugins-ts/passive";

import { type Fields, fieldsOf, textOf } from "./fields.ts";
import { Poison } from "./poison.ts";
import type { Verify } from "./signature.ts";

/** Makes values of a part that travels as a text of its own. */
export type Deserialize = (part: Buffer) => unknown | Promise<unknown>;

/** The agent that runs commands of NRPE. */
const AGENT = "nrpe";

/**
 * Reads a reply of MCollective's agent `nrpe`, action `runcommand`: the host is its sender, the service its command without
 * `check_`, the time that of the sender.
 *
 * @param reply with `senderid`, `msgtime`, `hash` and `body`, which is serialized once more
 * @param check whether the sender signed it; undefined where nobody asks
 * @throws Poison saying what is wrong
 */
export async function readReply(
  reply: Fields,
  deserialize: Deserialize,
  check: Verify | undefined,
): Promise<RawResult> {
  const sender = textOf("senderid", reply.get("senderid"));
  const body = reply.get("body");
  const signed = typeof body === "string" || body instanceof Uint8Array ? Buffer.from(body as string) : undefined;
  if (check !== undefined) {
    if (signed === undefined) throw new Poison("its body is no text that could be signed");
    check(sender, signed, reply.has("hash") ? textOf("hash", reply.get("hash")) : "");
  }
  const agent = reply.get("senderagent");
  if (agent !== undefined && textOf("senderagent", agent) !== AGENT) {
    throw new Poison(`it comes from the agent '${textOf("senderagent", agent)}', and not from ${AGENT}`);
  }
  const answer = fieldsOf("its body", signed === undefined ? body : await deserialize(signed));
  // statuscode is 1 for a check that is not OK: what counts is the exit code
  const data = fieldsOf(`its body (status ${textIn(answer, "statusmsg")})`, answer.get("data"));
  if (!data.has("exitcode")) throw new Poison(`it has no exitcode: ${textIn(answer, "statusmsg")}`);
  if ((reply.get("msgtime") ?? null) === null) throw new Poison("it has no msgtime");
  const perfdata = data.get("perfdata");
  return {
    host: sender,
    service: textOf("command", data.get("command")).replace(/^check_/, ""),
    exitCode: data.get("exitcode"),
    output: loose(data.get("output")),
    perfdata: perfdata === undefined || perfdata === "" ? undefined : loose(perfdata),
    time: reply.get("msgtime"),
  };
}

/** The agent's words for what went wrong; a reply without any is no reason to fail once more. */
const textIn = (fields: Fields, name: string) => {
  const value = fields.get(name);
  return typeof value === "string" || value instanceof Uint8Array ? loose(value) : "none";
};

/** A plugin's output, in whatever it is written: what is not UTF-8 shows as such. */
const loose = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value);
