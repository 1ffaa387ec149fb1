import { attempt, readSmall } from "./file.ts";

/** Users of the system's own file; those of a directory service are not in it. */
export class Users {
  readonly #text: string;

  /** @param etc folder of `passwd` */
  constructor(etc = "/etc") {
    this.#text = attempt(() => readSmall(`${etc}/passwd`));
  }

  /** The user's name, or its number as text when nobody has a name for it. */
  name(uid: number): string {
    const [, name] = new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, "m").exec(this.#text) ?? [];
    return name ?? String(uid);
  }

  /** The number of a user given by name or by number; undefined when the name is unknown. */
  id(name: string): number | undefined {
    if (/^\d+$/.test(name)) return Number(name);
    for (const line of this.#text.split("\n")) {
      const [user, , uid] = line.split(":");
      if (user === name && /^\d+$/.test(uid ?? "")) return Number(uid);
    }
    return undefined;
  }
}
