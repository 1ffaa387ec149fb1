// Makes everything that follows from what each plugin declares, its options and its perfdata: tables of the pages in docs/,
// definitions for monitoring cores and dashboards in contrib/.
//   node --import tsx --conditions=monitoring-plugins-source generate/run.ts [--check]
// With --check nothing is written, and the exit code says whether something is out of date.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { readExecutables } from "./catalogue.ts";
import { dashboards, definitions, FOLDERS } from "./definitions.ts";
import { fill, optionTable, perfdataTable } from "./pages.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes("--check");

const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined);

/** All files below a folder, by their paths from the root of the repository. */
function filesIn(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return (readdirSync(join(root, folder), { recursive: true }) as string[])
    .map((path) => join(folder, path))
    .filter((path) => statSync(join(root, path)).isFile());
}

const executables = await readExecutables(root);
const files = new Map<string, string | undefined>([...definitions(executables), ...dashboards(executables)]);
for (const executable of executables) {
  const path = `docs/${executable.name}.md`;
  const page = fill(read(path) ?? "", "options", optionTable(executable.options));
  files.set(path, executable.isCheck ? fill(page, "perfdata", perfdataTable(executable)) : page);
}
for (const path of FOLDERS.flatMap(filesIn)) if (!files.has(path)) files.set(path, undefined);

let stale = 0;
for (const [path, content] of files) {
  if (content === read(path)) continue;
  stale++;
  if (check) console.error(`${path} is out of date: npm run generate`);
  else if (content === undefined) rmSync(join(root, path));
  else {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}
if (check && stale > 0) process.exit(1);
