import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { startIcingaApi } from "#test/servers/icinga2-api.ts";
import { startRabbitmq } from "#test/servers/rabbitmq.ts";
import { type Started, startPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { until } from "#test/support/until.ts";

/** By hand with 10,000, see docs/relay_results.md: `COUNT=10000`. */
const COUNT = Number(process.env.COUNT ?? 1000);
const PREFETCH = 100;

/** By Node; a client alone took 86 to 101. */
const MOST_MIB = 110;

const isStandalone = process.env.PLUGINS_DIR !== undefined;
const real = needs("rabbitmq-server", "icinga2");

/** What Icinga 2 shows of one. */
interface Service {
  readonly last_check_result: { readonly output: string } | null;
  readonly check_attempt: number;
}

/** Each result is of a service of its own. CRITICAL: its attempts are the times that it came. */
const SERVICES = `
object Host "h" { check_command = "dummy"; enable_active_checks = false }
for (index in range(${COUNT})) {
  object Service "s" + index { host_name = "h"; check_command = "dummy"; enable_active_checks = false; max_check_attempts = 1000 }
}
`;

const time = Math.floor(Date.now() / 1000);
const result = (_: unknown, index: number) =>
  Buffer.from(JSON.stringify({ host: "h", service: `s${index}`, exit_code: 2, output: `result ${index}`, time }));

test(`of ${COUNT} results none is lost while relay, broker and core are killed`, real, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "test-relay-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [broker, icinga] = await Promise.all([startRabbitmq(t), startIcingaApi(t, SERVICES)]);
  const login = (name: string) => {
    writeFileSync(join(folder, name), `${name}:secret\n`, { mode: 0o600 });
    return join(folder, name);
  };
  await broker.api("queues/%2f/results", { durable: true });
  await broker.send("results", Array.from({ length: COUNT }, result));

  let said = 0;
  /** Of the relay that was started last. */
  let output = "";
  const reach = (part: number) =>
    until(
      () => said >= part * COUNT,
      () => `${part} of the results, there are ${said}`,
    );
  const start = () => {
    const started = startPlugin(
      "relay_results",
      [
        ...["--from", `stomp://${broker.stomp.address}/amq/queue/results`, "--from-auth-file", login("admin")],
        ...["--to", `icinga2:${icinga.url}`, "--auth-file", login("sender"), "--ca", icinga.ca, "--servername", "lab"],
        ...["--format", "result", "--prefetch", `${PREFETCH}`, "-v", "--verify"],
      ],
      { timeoutMs: 600_000, owner: t },
    );
    output = "";
    started.child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk;
      said += chunk.toString().split(": processed: ").length - 1;
    });
    return started;
  };
  let peak = 0;
  const end = ({ child, finished }: Started, signal: "SIGKILL" | "SIGTERM") => {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
    child.kill(signal);
    return finished;
  };

  let running = start();
  await reach(0.15);
  // it forgets acknowledgements; the relay that has sent them knows the results
  await broker.restart();
  await reach(0.3);
  await end(running, "SIGKILL");
  running = start();
  await reach(0.45);
  await icinga.stop();
  await end(running, "SIGKILL");
  running = start();
  await icinga.start();
  await reach(0.7);
  await end(running, "SIGKILL");
  running = start();
  const left = async () => ((await broker.api("queues/%2f/results")) as { readonly messages?: number }).messages;
  await reach(0.95);
  // there may be nothing left for it, and until it is up it would just die of the signal
  await until(
    () => output.includes("takes results from"),
    () => `the last relay, which said ${output}`,
  );
  await until(
    async () => (await left()) === 0,
    async () => `an empty queue, there are ${await left()}`,
  );
  const { code, stdout } = await end(running, "SIGTERM");
  assert.equal(code, 0, stdout);

  const services = (await icinga.objects(
    "services?attrs=last_check_result&attrs=check_attempt",
  )) as unknown as readonly Service[];
  const ours = services.filter(({ last_check_result: last }) => last?.output.startsWith("result "));
  // the first one has made it 2, since a service begins as UNKNOWN
  const twice = ours.reduce((sum, { check_attempt: attempt }) => sum + attempt - 2, 0);
  t.diagnostic(`${ours.length} of ${COUNT} results, ${twice} came twice, at most ${Math.round(peak)} MiB`);
  assert.equal(ours.length, COUNT);
  assert.ok(twice <= 3 * PREFETCH, `${twice} results came twice`);
  if (!isStandalone) assert.ok(peak <= MOST_MIB, `${peak} MiB`);
});
