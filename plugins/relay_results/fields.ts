import { Poison } from "./poison.ts";

/** A part of a message by the names of its fields: of a Ruby hash, of an object in JSON or of a mapping in YAML. */
export type Fields = ReadonlyMap<string, unknown>;

/**
 * What a serialized part of a message holds; Ruby's symbols are written `:name` in YAML and by some in JSON.
 *
 * @param what it is, for the error
 * @throws Poison when it has no fields
 */
export function fieldsOf(what: string, value: unknown): Fields {
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [`${key}`.replace(/^:/, ""), held]));
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    throw new Poison(`${what} has no fields`);
  }
  // own ones alone: a key __proto__ is one like any other
  return new Map(Object.entries(value).map(([key, held]) => [key.replace(/^:/, ""), held]));
}

/**
 * A text, also one that Ruby 1.8 wrote, without its encoding.
 *
 * @throws Poison when it is none, or not UTF-8
 */
export function textOf(what: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return decodeText(what, value);
  throw new Poison(value === undefined ? `it has no ${what}` : `its ${what} is no text`);
}

/** @throws Poison when it is not UTF-8 */
export function decodeText(what: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Poison(`its ${what} is not UTF-8`, { cause });
  }
}
