import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { peakMiB, plugin, race, table } from "#test/bench/measure.ts";
import { startIcingaApi } from "#test/servers/icinga2-api.ts";
import { lacking } from "#test/support/debian.ts";
import type { Owner } from "#test/support/owner.ts";

const ROUNDS = 3;

/** Objects, each with so many results. */
const SERVICES = 100;

/** So many by one curl each: more would take minutes. */
const BY_CURL = 100;

/** How many results a second get to a real Icinga 2, and how much memory thousands on stdin take. */
export default async function bench(owner: Owner): Promise<string> {
  const missing = lacking("icinga2");
  if (missing !== undefined) return `Not measured: ${missing}.`;
  const names = Array.from({ length: SERVICES }, (_, at) => `s${at}`);
  const objects = names.map(
    (name) => `object Service "${name}" { host_name = "web"; check_command = "dummy"; enable_active_checks = false }`,
  );
  const host = 'object Host "web" { check_command = "dummy"; enable_active_checks = false }';
  const icinga = await startIcingaApi(owner, [host, ...objects].join("\n"));

  const folder = mkdtempSync(join(tmpdir(), "bench-submit-"));
  owner.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const lines = (count: number) =>
    Array.from(
      { length: count },
      (_, at) => `web\ts${at % SERVICES}\t${at % 3}\tOK - result ${at} | value=${at}\n`,
    ).join("");
  const submit = plugin(
    "submit_result",
    ...["--to", `icinga2:${icinga.url}`, "--ca", icinga.ca, "--servername", "lab"],
    ...["--auth-file", file("auth", "sender:secret\n"), "-q"],
  );
  const body = '{"type":"Service","service":"web!s0","exit_status":0,"plugin_output":"OK"}';
  const curl = `curl -sk -u sender:secret -H 'Accept: application/json' -d '${body}' ${icinga.url}/v1/actions/process-check-result`;
  const loop = ["/bin/sh", "-c", `i=0; while [ $i -lt ${BY_CURL} ]; do ${curl}; i=$((i+1)); done`];
  const [many, huge] = [file("2000", lines(2000)), file("10000", lines(10_000))];
  const rows = [
    { name: `a shell loop with a curl each, ${BY_CURL} results`, count: BY_CURL, command: loop },
    { name: "submit_result, one result", count: 1, command: submit, input: file("1", lines(1)) },
    { name: "submit_result, 2,000 results", count: 2000, command: submit, input: many },
    { name: "submit_result --verify, 2,000 results", count: 2000, command: [...submit, "--verify"], input: many },
  ];
  const measured = await race(rows, ROUNDS);
  const rates = table(
    ["to a real Icinga 2", "median", "results a second"],
    measured.map(({ name, medianMs }, index) => {
      const count = rows[index]?.count ?? Number.NaN;
      return [name, `${medianMs.toFixed(0)} ms`, ((count / medianMs) * 1000).toFixed(0)];
    }),
  );
  const peaks = table(
    ["peak memory", ""],
    [
      ["2,000 results on stdin", `${(await peakMiB(submit, many)).toFixed(1)} MiB`],
      ["10,000 results on stdin", `${(await peakMiB(submit, huge)).toFixed(1)} MiB`],
    ],
  );
  return `${rates}\n\n${peaks}`;
}
