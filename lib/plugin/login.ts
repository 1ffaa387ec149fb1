import { statSync } from "node:fs";

import { readFile } from "./file.ts";

/** Who asks. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

const OTHERS_MAY_READ = 0o004;

/**
 * Reads `USER:PASSWORD`, the first line of a text; only the user has no colon.
 *
 * @param where the text is from, in words
 * @throws Error naming that place, never what is in it
 */
export function parseLogin(text: string, where: string): Login {
  const [line = ""] = text.split(/\r?\n/, 1);
  const colon = line.indexOf(":");
  if (colon < 1) throw new Error(`the first line of ${where} is not USER:PASSWORD`);
  return { user: line.slice(0, colon), password: line.slice(colon + 1) };
}

/**
 * {@link parseLogin} of a file.
 *
 * @returns whether every user may read it as well: what to think of that is the caller's
 * @throws Error naming the file, never what is in it
 */
export function readLogin(path: string): { readonly login: Login; readonly isOpen: boolean } {
  const login = parseLogin(readFile(path).toString(), `'${path}'`);
  return { login, isOpen: (statSync(path).mode & OTHERS_MAY_READ) !== 0 };
}
