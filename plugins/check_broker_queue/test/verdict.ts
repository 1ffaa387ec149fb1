import { execPlugin } from "#test/support/exec.ts";
import type { Owner } from "#test/support/owner.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";

/** State and text alone, of an address its kind. */
export const said = ({ stdout }: { readonly stdout: string }): string =>
  stdout
    .replace("check_broker_queue ", "")
    .replace(/ \| [^\n]*/, "")
    .replaceAll(/127\.0\.0\.1:\d+/g, "BROKER")
    .trim();

/** A check that does not ask again, with a folder for state of its own. */
export function asking(owner: Owner) {
  const folder = temporaryFolder(owner);
  const check = (...args: readonly string[]) =>
    execPlugin("check_broker_queue", "--confirm", "0", "--state-dir", folder, ...args);
  return { folder, check, verdict: async (...args: readonly string[]) => said(await check(...args)) };
}
