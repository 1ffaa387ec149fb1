// What Debian's Icinga 2 does not say: a stand-in answers as 2.14 and later do, and as what is no Icinga.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { runPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";
import { newerIcinga } from "./newer-icinga.ts";

const real = needs("openssl");
const icinga = real.skip === false ? await newerIcinga({ after }) : ({} as Awaited<ReturnType<typeof newerIcinga>>);
const folder = temporaryFolder({ after });
const auth = join(folder, "auth");
writeFileSync(auth, "sender:secret\n", { mode: 0o600 });

const to = () => ["--to", `icinga2:https://${icinga.address}`, "--ca", icinga.ca, "--auth-file", auth];

test("answers that Debian's Icinga 2 does not give", real, async () => {
  const cases = [
    [
      "newer",
      "older - Icinga 2 has a newer one (409: Newer check result already present. Check result for 'web!newer' was discarded)",
    ],
    [
      "inactive",
      "inactive - the service does not take it now (503: Cannot process passive check result for service 'web!inactive' because object is inactive / shutting down)",
    ],
    ["failing", "lost - Icinga 2 answers 500: No action was executed"],
    ["several", "older - Icinga 2 has a newer one (409: Newer check result already present)"],
    ["proxy", "lost - Icinga 2 answers 502"],
    ["page", "lost - the answer to it is none of Icinga 2: '<html>Welcome</html>'"],
    ["nothing", `lost - the answer to it is none of Icinga 2: '{"results":[]}'`],
    ["strange", `lost - the answer to it is none of Icinga 2: '{"results":[{"code":"200","status":["x"]}]}'`],
    [
      "nested",
      'lost - the answer to it is none of Icinga 2: \'{"results":[{"code":200,"status":"x"}],"more":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...\'',
    ],
    ["endless", `lost - https://${icinga.address} answers more than 16777216 bytes`],
  ] as const;
  const input = cases.map(([service]) => `web\t${service}\t0\tx\n`).join("");
  const { code, stdout } = await runPlugin("submit_result", [...to(), "-t", "50"], { input });
  const wanted = cases.map(([service, words]) => `web ${service}: ${words}`);
  assert.equal(code, 2);
  assert.deepEqual(stdout.split("\n").slice(0, cases.length).sort(), wanted.sort());
});

test(
  "what was accepted and is not to be seen is not proven; where the core has dropped it, or has ended, it is tried again",
  real,
  async () => {
    const names = ["dropped", "odd", "leaving", "ending"];
    const queue = ["--queue-dir", join(folder, "queue")];
    const input = names.map((name) => `web\t${name}\t0\tx\n`).join("");
    const { code, stdout } = await runPlugin("submit_result", [...to(), "--verify", "-t", "10", ...queue], { input });
    const lines = stdout.split("\n");
    assert.equal(code, 1);
    assert.ok(lines.includes("web dropped: accepted - not proven: Icinga 2 has no result of it"), stdout);
    const kept = (name: string) =>
      lines.find((line) => line.startsWith(`web ${name}: kept - in `)) ?? assert.fail(stdout);
    assert.match(kept("odd"), /: not proven: not read back: the answer is none of Icinga 2: '\{.*\}'$/);
    assert.match(kept("leaving"), /: Icinga 2 has dropped it: the object is not active$/);
    assert.match(kept("ending"), /: not proven: https:\/\/127\.0\.0\.1:\d+: /);
  },
);

test("an object that is unknown is asked for once in a run", real, async () => {
  icinga.asked.length = 0;
  const { code, stdout } = await runPlugin("submit_result", to(), { input: "web\tnosuch\t0\tx\n".repeat(20) });
  assert.equal(code, 2);
  assert.match(stdout, /\n20 results: 20 unknown object\n$/);
  assert.deepEqual(icinga.asked, ["POST nosuch"]);
});
