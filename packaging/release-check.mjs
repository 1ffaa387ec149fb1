// All that a release has to pass, in one command: `npm run release:check`. Ends with 1 and the list of what failed.
// It leaves dist/ as it is to be published: the bundles, standalone/ and debian/.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { root, version } from "./programs.mjs";

/** @type {string[]} */
const failed = [];
/** @type {string[]} */
const remarks = [];

/**
 * @param {string} title
 * @param {string[]} command
 */
function step(title, command) {
  console.log(`\n== ${title}: ${command.join(" ")}`);
  const start = Date.now();
  const [file = "", ...args] = command;
  // nothing that is missing is skipped
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: "inherit", env: { ...process.env, CI: "true" } });
  console.log(`== ${title}: ${status === 0 ? "passed" : "FAILED"} after ${Math.round((Date.now() - start) / 1000)} s`);
  if (status !== 0) failed.push(error === undefined ? title : `${title} (${error.message})`);
}

/** Known holes in what is shipped. Not every registry answers that question: then it is said, not failed. */
function audit() {
  console.log("\n== audit: npm audit --omit=dev");
  const { status, stdout, stderr } = spawnSync("npm", ["audit", "--omit=dev", "--loglevel=error"], {
    cwd: root,
    encoding: "utf8",
  });
  console.log(`${stdout}${stderr}`.trim());
  if (status === 0) return;
  if (/audit endpoint returned an error/.test(stderr)) {
    remarks.push(
      "audit: NOT done, the npm registry in use does not offer it; run npm audit --omit=dev against one that does",
    );
  } else failed.push("audit");
}

/** What only a person can put right before a release. */
function papers() {
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  if (!changelog.includes(`## [${version}]`)) remarks.push(`CHANGELOG.md has no section ## [${version}] yet`);
  const library = JSON.parse(readFileSync(join(root, "lib/package.json"), "utf8"));
  if (library.version !== version) failed.push(`lib/package.json is ${library.version}, package.json ${version}`);
  const { stdout } = spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });
  if (stdout.trim() !== "") remarks.push("there are changes that are not committed");
}

const npm = (/** @type {string} */ script) => ["npm", "run", "--silent", script];

papers();
step("build", npm("build"));
step("check", npm("check"));
step("tests", ["node", "test/run.mjs"]);
step("standalone and its tests", npm("test:standalone"));
// last, since a build empties dist/
step("Debian packages", npm("build:deb"));
step("standalone", npm("build:standalone"));
const packages = readdirSync(join(root, "dist/debian")).map((name) => join("dist/debian", name));
step("lintian", ["lintian", "--allow-root", "--fail-on", "error", ...packages]);
audit();

for (const remark of remarks) console.log(`note: ${remark}`);
if (failed.length > 0) {
  console.error(`\nnot ready for release: ${failed.join(", ")}`);
  process.exit(1);
}
console.log(`\n${version} is ready for release`);
