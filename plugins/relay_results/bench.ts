import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { median, plugin, table } from "#test/bench/measure.ts";
import { type IcingaApi, startIcingaApi } from "#test/servers/icinga2-api.ts";
import { type Rabbitmq, startRabbitmq } from "#test/servers/rabbitmq.ts";
import { lacking } from "#test/support/debian.ts";
import { type Owner, spawnOwned } from "#test/support/owner.ts";

const ROUNDS = 3;

/** Objects, each with so many results. */
const SERVICES = 100;

/** So many by two curl each: more would take minutes. */
const BY_CURL = 50;

/** How many messages a second a relay brings from a real RabbitMQ to a real Icinga 2, and how much memory thousands take. */
export default async function bench(owner: Owner): Promise<string> {
  const missing = lacking("icinga2", "rabbitmq-server");
  if (missing !== undefined) return `Not measured: ${missing}.`;
  const services = ["loop", ...Array.from({ length: SERVICES }, (_, at) => `s${at}`)].map(
    (name) => `object Service "${name}" { host_name = "web"; check_command = "dummy"; enable_active_checks = false }`,
  );
  const host = 'object Host "web" { check_command = "dummy"; enable_active_checks = false }';
  const [icinga, broker] = await Promise.all([
    startIcingaApi(owner, [host, ...services].join("\n")),
    startRabbitmq(owner),
  ]);
  await broker.api("queues/%2f/results", { durable: true });

  const folder = mkdtempSync(join(tmpdir(), "bench-relay-"));
  owner.after(() => rmSync(folder, { recursive: true, force: true }));
  const auth = (name: string, login: string) => {
    writeFileSync(join(folder, name), `${login}\n`, { mode: 0o600 });
    return join(folder, name);
  };
  const relay = plugin(
    "relay_results",
    ...["--from", `stomp://${broker.stomp.address}/amq/queue/results`],
    ...["--from-auth-file", auth("broker", "admin:secret"), "--auth-file", auth("icinga", "sender:secret")],
    ...["--to", `icinga2:${icinga.url}`, "--ca", icinga.ca, "--servername", "lab"],
    ...["--format", "result", "-v"],
  );
  const message = (at: number) => {
    const [service, output] = [`s${at % SERVICES}`, `OK - result ${at} | value=${at}`];
    return Buffer.from(JSON.stringify({ host: "web", service, exit_code: at % 3, output }));
  };

  /** From the start of a process until Icinga 2 has taken so many, as it says itself. */
  const measure = async ([file = "", ...args]: readonly string[], count: number, isTaken: RegExp) => {
    const start = performance.now();
    const child = spawnOwned(owner, file, args, {
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let [taken, rest] = [0, ""];
    for await (const chunk of child.stdout ?? []) {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      taken += lines.filter((line) => isTaken.test(line)).length;
      if (taken >= count) break;
    }
    const ms = performance.now() - start;
    const peakMiB = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
    if (taken !== count) throw new Error(`of ${count} results ${taken} were taken`);
    return { ms, peakMiB };
  };

  // what is taken is gone, delivered or not: a shell cannot acknowledge it later
  const one = '{"count":1,"ackmode":"ack_requeue_false","encoding":"auto"}';
  const get = `curl -s -u admin:secret -d '${one}' ${broker.url}/api/queues/%2f/results/get`;
  const payload = `sed 's/.*"payload":"\\(.*\\)","payload_encoding.*/\\1/; s/\\\\"/"/g'`;
  const put = `curl -sk -u sender:secret -H 'Accept: application/json' -d @- ${icinga.url}/v1/actions/process-check-result`;
  const loop = [
    "/bin/sh",
    "-c",
    `i=0; while [ $i -lt ${BY_CURL} ]; do ${get} | ${payload} | ${put}; echo; i=$((i+1)); done`,
  ];
  const body = Buffer.from('{"type":"Service","service":"web!loop","exit_status":0,"plugin_output":"OK"}');
  const rows = [
    {
      name: `a shell loop with two curl each, ${BY_CURL} messages`,
      messages: Array.from({ length: BY_CURL }, () => body),
      command: loop,
      isTaken: /"code":200/,
    },
    ...[1, 2000, 10_000].map((count) => ({
      name: `relay_results, ${count.toLocaleString("en")} ${count === 1 ? "message" : "messages"}`,
      messages: Array.from({ length: count }, (_, at) => message(at)),
      command: relay,
      isTaken: /: accepted: /,
    })),
  ];
  const measured = rows.map(({ name, messages: { length: count } }) => ({
    name,
    count,
    ms: [] as number[],
    peakMiB: [] as number[],
  }));
  // the first round is not counted
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, { messages, command, isTaken }] of rows.entries()) {
      await broker.send("results", messages);
      const { ms, peakMiB } = await measure(command, messages.length, isTaken);
      if (round === 0) continue;
      measured[index]?.ms.push(ms);
      measured[index]?.peakMiB.push(peakMiB);
    }
  }
  await assertAllThere(broker, icinga);
  return `${table(
    ["from a real RabbitMQ to a real Icinga 2", "median", "results a second", "peak memory"],
    measured.map(({ name, count, ms, peakMiB }, index) => [
      name,
      `${median(ms).toFixed(0)} ms`,
      ((count / median(ms)) * 1000).toFixed(0),
      index === 0 ? "" : `${median(peakMiB).toFixed(1)} MiB`,
    ]),
  )}\n\nThe queue is empty then, and each object has its last result. The loop has lost what it took and could not deliver.`;
}

/** @throws Error when a message is left, or the last result of an object is not there */
async function assertAllThere(broker: Rabbitmq, icinga: IcingaApi): Promise<void> {
  const listed = await broker.control("-q", "list_queues", "--no-table-headers", "name", "messages");
  if (!/^results\t0$/m.test(listed)) throw new Error(`messages are left: ${listed}`);
  for (let at = 0; at < SERVICES; at++) {
    const { last_check_result: last } = await icinga.object(`services/web!s${at}`);
    const { output } = last as { readonly output: string };
    if (output !== `OK - result ${10_000 - SERVICES + at}`) throw new Error(`s${at}: ${output}`);
  }
}
