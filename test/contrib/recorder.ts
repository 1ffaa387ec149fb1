import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { KEY } from "../servers/mod-gearman-worker.ts";
import { assertDeclared } from "../support/declared.ts";
import type { Owner } from "../support/owner.ts";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** The definitions as they are shipped. */
export const CONTRIB = fileURLToPath(new URL("../../contrib/", import.meta.url));

/** Where the definitions expect the executables. */
export const DEBIAN_FOLDER = "/usr/lib/nagios/plugins";

/** One run of a plugin, as it was. */
export interface Run {
  readonly plugin: string;
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly code: number;
}

/** A folder of executables that remember what they were asked and what they printed. */
export interface Recorder {
  readonly folder: string;
  /** The checks in it. */
  readonly plugins: readonly string[];
  /** A file with a key of Mod-Gearman's. */
  readonly keyFile: string;
  runs(): readonly Run[];
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The checks of `dist/`, in a folder of their own that a monitoring core can be given as its plugin folder. */
export async function recordPlugins(owner: Owner): Promise<Recorder> {
  const base = await mkdtemp(join(tmpdir(), "test-contrib-"));
  const remove = () => rm(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  owner.after(async () => {
    const runs = readRuns(join(base, "log"));
    await Promise.all(runs.map(({ plugin, argv, stdout }) => assertDeclared(plugin, argv, stdout))).finally(remove);
  });
  const [folder, log, state] = [join(base, "plugins"), join(base, "log"), join(base, "state")];
  await Promise.all([folder, log, state].map((path) => mkdir(path)));
  // for servers that run their checks as another user
  await Promise.all([base, folder, log, state].map((path, index) => chmod(path, index < 2 ? 0o755 : 0o777)));
  const plugins = readdirSync(DIST).filter((name) => name.startsWith("check_"));
  for (const name of plugins) {
    // the record gets its final name when it is whole; MP_STATE_PATH, so that nothing is kept outside of the test's folder
    const script = `#!/bin/sh
record=$(mktemp -d ${quoted(join(log, "part.XXXXXX"))})
for argument; do printf '%s\\0' "$argument"; done > "$record/argv"
MP_STATE_PATH=${quoted(state)} ${quoted(process.execPath)} ${quoted(join(folder, `.${name}`))} "$@" > "$record/stdout"
code=$?
printf '%s' "$code" > "$record/code"
chmod -R a+rX "$record"
mv "$record" "$record-${name}"
cat "$record-${name}/stdout"
exit "$code"
`;
    await copyFile(join(DIST, name), join(folder, `.${name}`));
    await writeFile(join(folder, name), script);
    await chmod(join(folder, name), 0o755);
  }
  const keyFile = join(base, "key");
  await writeFile(keyFile, `${KEY}\n`);
  return { folder, plugins, keyFile, runs: () => readRuns(log) };
}

function readRuns(log: string): readonly Run[] {
  if (!existsSync(log)) return [];
  const whole = readdirSync(log).flatMap((entry) => {
    const [, plugin] = /^part\.\w+-(\w+)$/.exec(entry) ?? [];
    return plugin === undefined ? [] : [{ entry, plugin }];
  });
  return whole.map(({ entry, plugin }) => {
    const read = (file: string) => readFileSync(join(log, entry, file), "utf8");
    return { plugin, argv: read("argv").split("\0").slice(0, -1), stdout: read("stdout"), code: Number(read("code")) };
  });
}
