import { parseJson } from "monitoring-plugins-ts";
import { type PassiveResult, toResult } from "monitoring-plugins-ts/passive";

import { readCloudEvent } from "./choria.ts";
import { decodeText, type Fields, fieldsOf } from "./fields.ts";
import type { Rename } from "./map.ts";
import { isMarshal, readMarshal } from "./marshal.ts";
import { type Deserialize, readReply } from "./mcollective.ts";
import { Poison } from "./poison.ts";
import type { Verify } from "./signature.ts";
import { readYaml } from "./yaml.ts";

export const FORMATS = ["auto", "mcollective", "result", "choria"] as const;

/** `auto` tells by the content; any other takes messages of that kind alone. */
export type Format = (typeof FORMATS)[number];

/** How messages are read. */
export interface Reading {
  readonly format: Format;
  /** Undefined takes messages whoever sent them. */
  readonly verify: Verify | undefined;
  readonly rename: Rename;
}

/** What is no character of base64 and its lines. */
const NOT_BASE64 = /[^A-Za-z0-9+/=\s]/;

/**
 * Makes a result of a message.
 *
 * @param now seconds since 1970
 * @throws Poison saying why it is none
 */
export async function readMessage(message: Buffer, reading: Reading, now: number): Promise<PassiveResult> {
  const raw = await readRaw(message, reading);
  try {
    return toResult(reading.rename(raw), now);
  } catch (cause) {
    throw new Poison((cause as Error).message, { cause });
  }
}

async function readRaw(message: Buffer, { format, verify }: Reading) {
  const { kind, fields, deserialize } = await open(message);
  if (format !== "auto" && kind !== format) throw new Poison(`it is a message of the kind ${kind}, and not ${format}`);
  if (kind === "mcollective") return readReply(fields, deserialize, verify);
  if (verify !== undefined) throw new Poison("it is not signed");
  if (kind === "choria") return readCloudEvent(fields);
  const field = (name: string) => fields.get(name);
  const [host, service, output, perfdata] = ["host", "service", "output", "perfdata"].map(field);
  return {
    host,
    service,
    output,
    perfdata,
    exitCode: field("exit_code"),
    time: field("time"),
    started: field("started"),
  };
}

interface Opened {
  readonly kind: Exclude<Format, "auto">;
  readonly fields: Fields;
  readonly deserialize: Deserialize;
}

async function open(message: Buffer): Promise<Opened> {
  if (isMarshal(message)) return reply(readMarshal(message), readMarshal);
  const text = decodeText("text", message).trim();
  if (text === "") throw new Poison("it is empty");
  if (text.startsWith("{")) return openJson(text);
  if (text.startsWith("---") || text.startsWith(":")) return reply(await readYaml(text), deserializeYaml);
  if (NOT_BASE64.test(text)) throw new Poison("it is neither JSON, YAML, Ruby Marshal nor base64 of one");
  const inside = Buffer.from(text, "base64");
  if (isMarshal(inside)) return reply(readMarshal(inside), readMarshal);
  const insideText = decodeText("base64", inside).trim();
  if (insideText.startsWith("{")) return openJson(insideText);
  if (!insideText.startsWith("---")) throw new Poison("it is base64 of neither JSON, YAML nor Ruby Marshal");
  return reply(await readYaml(insideText), deserializeYaml);
}

const reply = (value: unknown, deserialize: Deserialize): Opened => {
  return { kind: "mcollective", fields: fieldsOf("it", value), deserialize };
};

const deserializeYaml = (part: Buffer) => readYaml(decodeText("body", part));
const deserializeJson = (part: Buffer) => readJson(decodeText("body", part));

function openJson(text: string): Opened {
  const fields = fieldsOf("it", readJson(text));
  const kind = fields.has("specversion") ? "choria" : fields.has("senderid") ? "mcollective" : "result";
  return { kind, fields, deserialize: deserializeJson };
}

function readJson(text: string): unknown {
  const value = parseJson(text);
  if (value === undefined) throw new Poison("it is no well-formed JSON, or nested too deeply");
  return value;
}
