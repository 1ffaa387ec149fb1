// All that a release has to pass, in one command: `npm run release:check`. Ends with 1 and the list of what failed or could
// not be done. It leaves dist/ as it is to be published: the bundles, standalone/ and debian/.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { knownHoles } from "./audit.mjs";
import { bundledFiles, packagesIn, root, version } from "./programs.mjs";

const WITHOUT_AUDIT = "--without-audit";
const WITHOUT_AUDIT_NOTE = `npm audit was NOT asked, as ${WITHOUT_AUDIT} wants it: ask a registry that answers it before you publish`;

const unknown = process.argv.slice(2).filter((argument) => argument !== WITHOUT_AUDIT);
if (unknown.length > 0) {
  console.error(`${unknown.join(" ")}: only ${WITHOUT_AUDIT} is known`);
  process.exit(1);
}
const withoutAudit = process.argv.includes(WITHOUT_AUDIT);

/** @type {string[]} */
const failed = [];

/**
 * @param {string} title
 * @param {string[]} command
 * @returns whether it passed
 */
function step(title, command) {
  console.log(`\n== ${title}: ${command.join(" ")}`);
  const start = Date.now();
  const [file = "", ...args] = command;
  // nothing that is missing is skipped
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: "inherit", env: { ...process.env, CI: "true" } });
  console.log(`== ${title}: ${status === 0 ? "passed" : "FAILED"} after ${Math.round((Date.now() - start) / 1000)} s`);
  if (status !== 0) failed.push(error === undefined ? title : `${title} (${error.message})`);
  return status === 0;
}

/** Known holes in what is shipped. Not to have asked is not to have passed, unless whoever asks wants it so. */
async function audit() {
  console.log("\n== audit: npm audit --json");
  const shipped = new Set(packagesIn(await bundledFiles()).map(({ name }) => name));
  const { stdout, stderr } = spawnSync("npm", ["audit", "--json", "--loglevel=error"], { cwd: root, encoding: "utf8" });
  const holes = knownHoles(stdout, shipped);
  if (holes === undefined) {
    console.log(`${stdout}${stderr}`.trim());
    failed.push(`audit (NOT done: the npm registry in use does not answer it; with another one, or ${WITHOUT_AUDIT})`);
    return;
  }
  console.log(`${shipped.size} packages shipped, ${holes.length} with known holes`);
  for (const hole of holes) console.log(hole);
  if (holes.length > 0) failed.push("audit");
}

/** What only a person can put right. */
function papers() {
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  const sections = changelog.split("\n").map((line) => /^## \[(.+)\] - \d{4}-\d\d-\d\d$/.exec(line)?.[1]);
  if (!sections.includes(version)) failed.push(`CHANGELOG.md has no section ## [${version}] with a date`);
  const library = JSON.parse(readFileSync(join(root, "lib/package.json"), "utf8"));
  if (library.version !== version) failed.push(`lib/package.json is ${library.version}, package.json ${version}`);
  const { stdout } = spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
  if (stdout.trim() !== "") failed.push("there are changes that are not committed");
}

const npm = (/** @type {string} */ script) => ["npm", "run", "--silent", script];

papers();
step("build", npm("build"));
step("check", npm("check"));
step("demo", npm("demo"));
step("tests", ["node", "test/run.mjs"]);
step("standalone and its tests", npm("test:standalone"));
// last, since a build empties dist/
if (step("Debian packages", npm("build:deb"))) {
  const packages = readdirSync(join(root, "dist/debian")).map((name) => join("dist/debian", name));
  step("lintian", ["lintian", "--allow-root", "--fail-on", "error", ...packages]);
}
step("standalone", npm("build:standalone"));
if (!withoutAudit) await audit();

if (withoutAudit) console.log(`\nnote: ${WITHOUT_AUDIT_NOTE}`);
if (failed.length > 0) {
  console.error(`\n${version} is NOT ready for release:\n${failed.map((what) => `- ${what}`).join("\n")}`);
  process.exit(1);
}
console.log(`\n${version} is ready for release${withoutAudit ? ", but for the audit" : ""}`);
