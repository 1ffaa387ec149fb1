// Runs the tests: all of them, or those whose path contains one of the arguments (`node test/run.mjs endpoint range`).
// With --standalone those of plugins, by the executables of dist/standalone, or of PLUGINS_DIR, instead of the bundles.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tsImport } from "tsx/esm/api";

import { runFiles } from "./support/runner.mjs";

const { installMissing } = await tsImport("./support/debian.ts", import.meta.url);
installMissing((line) => console.log(line));

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const standalone = process.argv.includes("--standalone");
const filters = process.argv.slice(2).filter((argument) => argument !== "--standalone");
/** Those that take longest, in the order in which they are started: at the end nothing would be left to do beside them. */
const LONGEST = [
  ...["packaging/relay", "packaging/install", "contract", "packaging/debian", "relay_results/test/kill"],
  ...[
    "relay_results/test/relay",
    "newcomer",
    "submit_result/test/icinga2",
    "check_liveproxy-icinga",
    "standalone",
    "lintian",
  ],
];
const rank = (/** @type {string} */ path) => {
  const index = LONGEST.findIndex((name) => path.endsWith(`${name}.test.ts`));
  return index < 0 ? LONGEST.length : index;
};
const files = ["test", "plugins"]
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, path)))
  .filter((path) => path.endsWith(".test.ts"))
  .filter((path) => !standalone || path.startsWith(join("test", "plugins")) || path.startsWith("plugins"))
  .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
  .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
if (files.length === 0) {
  console.error(`no test file has ${filters.join(" or ")} in its path`);
  process.exit(1);
}

// a process for each of the many small ones, which start none themselves, would take most of their time for its start
const isUnit = (/** @type {string} */ path) =>
  path.startsWith(join("test", "unit")) ||
  (path.startsWith("plugins") && !/\/exec\.ts"|\/servers\/|child_process/.test(readFileSync(join(root, path), "utf8")));
const folder = mkdtempSync(join(tmpdir(), "test-run-"));
const unit = join(folder, "unit.test.mjs");
const imports = files.filter(isUnit).map((path) => `import ${JSON.stringify(pathToFileURL(join(root, path)))};\n`);
writeFileSync(unit, imports.join(""));
const others = files.filter((path) => !isUnit(path));

process.exitCode = await runFiles(imports.length === 0 ? others : [unit, ...others], {
  cwd: root,
  env: {
    ...process.env,
    // what several files need is built in there once
    TEST_RUN_FOLDER: folder,
    ...(standalone ? { PLUGINS_DIR: process.env.PLUGINS_DIR ?? join(root, "dist/standalone") } : {}),
  },
});
rmSync(folder, { recursive: true });
