import assert from "node:assert/strict";
import { test } from "node:test";

import { knownHoles } from "../../packaging/audit.mjs";
import { bundledFiles, packagesIn } from "../../packaging/programs.mjs";

const shipped = new Set(["commander", "strip-ansi", "ansi-regex"]);
const report = (vulnerabilities: object) => JSON.stringify({ auditReportVersion: 2, vulnerabilities });

test("a hole counts where the package is shipped, as a dependency of one too", () => {
  const found = report({
    esbuild: { severity: "high", via: [{ title: "of a tool" }] },
    "ansi-regex": { severity: "high", via: [{ title: "slow expression" }] },
    "strip-ansi": { severity: "moderate", via: ["ansi-regex"] },
  });
  assert.deepEqual(knownHoles(found, shipped), [
    "ansi-regex: high, slow expression",
    "strip-ansi: moderate, by ansi-regex",
  ]);
  assert.deepEqual(knownHoles(report({}), shipped), []);
});

test("no answer is not an empty one", () => {
  assert.equal(knownHoles('{ "message": "405 Method Not Allowed", "statusCode": 405 }', shipped), undefined);
  assert.equal(knownHoles("", shipped), undefined);
  assert.equal(knownHoles("null", shipped), undefined);
});

test("all that is in the bundles is shipped, development dependencies included", async () => {
  const names = packagesIn(await bundledFiles()).map(({ name }) => name);
  for (const name of ["commander", "re2js", "string-width", "ansi-regex"]) assert.ok(names.includes(name), name);
  assert.ok(!names.includes("esbuild"));
});
