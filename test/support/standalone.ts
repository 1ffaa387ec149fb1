import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { bunBinary } from "../../packaging/bun.mjs";
import type { Owner } from "./owner.ts";

const BUILD = fileURLToPath(new URL("../../packaging/standalone.mjs", import.meta.url));

/** What `npm run build:standalone` makes, in a folder of its own that goes with its owner. */
export async function buildStandalone(owner: Owner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "test-standalone-"));
  owner.after(() => rm(folder, { recursive: true, force: true }));
  await promisify(execFile)(process.execPath, [BUILD, folder]);
  return folder;
}

/** Why there can be no standalone executable here; undefined when there can. With `CI=true` that is an error. */
export async function lackingBun(): Promise<string | undefined> {
  try {
    await bunBinary();
    return undefined;
  } catch (error) {
    if (process.env.CI === "true") throw error;
    return (error as Error).message;
  }
}
