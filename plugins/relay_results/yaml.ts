import { Poison } from "./poison.ts";

/** Longest text, in bytes: its parser is slow, and a reply has a few hundred. */
const MAX_YAML = 64 * 1024;

/** Uses of an alias: Ruby writes one where a reply has the same text twice. */
const MAX_ALIASES = 20;

/**
 * Reads plain YAML. Mappings become Maps, and `!binary` bytes; any other tag, such as that of a Ruby object, is refused.
 *
 * @throws Poison saying what is wrong
 */
export async function readYaml(text: string): Promise<unknown> {
  if (Buffer.byteLength(text) > MAX_YAML) throw new Poison(`YAML of more than ${MAX_YAML / 1024} KiB`);
  const { parseDocument } = await import("yaml");
  try {
    const document = parseDocument(text, { customTags: ["binary"], logLevel: "silent", stringKeys: true });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    return document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    const [message = ""] = (cause as Error).message.split("\n");
    const isDeep = cause instanceof RangeError || message.includes("call stack");
    throw new Poison(isDeep ? "YAML: nested too deeply" : `YAML: ${message}`, { cause });
  }
}
