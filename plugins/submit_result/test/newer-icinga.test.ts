// What Debian's Icinga 2 does not say: a stand-in answers as 2.14 and later do, and as what is no Icinga.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { execPlugin, runPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { temporaryFolder } from "#test/support/proc-tree.ts";
import { newerIcinga } from "./newer-icinga.ts";

const real = needs("openssl");
const icinga = real.skip === false ? await newerIcinga({ after }) : ({} as Awaited<ReturnType<typeof newerIcinga>>);
const auth = join(temporaryFolder({ after }), "auth");
writeFileSync(auth, "sender:secret\n", { mode: 0o600 });

const to = () => ["--to", `icinga2:https://${icinga.address}`, "--ca", icinga.ca, "--auth-file", auth];
const submit = (service: string, ...more: readonly string[]) =>
  execPlugin("submit_result", ...to(), ...more, "-H", "web", "-S", service, "--", "/bin/true");

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

test("what was accepted and is not to be seen is not proven", real, async () => {
  const [dropped, odd] = await Promise.all(["dropped", "odd"].map((name) => submit(name, "--verify", "-t", "10")));
  assert.ok(dropped && odd);
  assert.deepEqual(
    [dropped.code, dropped.stdout],
    [1, "web dropped: accepted - not proven: Icinga 2 has no result of it\n"],
  );
  assert.equal(odd.code, 1);
  assert.match(
    odd.stdout,
    /^web odd: accepted - not proven: not read back: the answer is none of Icinga 2: '\{.*\}'\n$/,
  );
});

test("an object that is unknown is asked for once in a run", real, async () => {
  icinga.asked.length = 0;
  const { code, stdout } = await runPlugin("submit_result", to(), { input: "web\tnosuch\t0\tx\n".repeat(20) });
  assert.equal(code, 2);
  assert.match(stdout, /\n20 results: 20 unknown object\n$/);
  assert.deepEqual(icinga.asked, ["POST nosuch"]);
});
