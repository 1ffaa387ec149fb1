import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { startRabbitmq } from "#test/servers/rabbitmq.ts";
import { makeCertificates } from "#test/servers/tls.ts";
import { type Started, startPlugin } from "#test/support/exec.ts";
import { needs } from "#test/support/needs.ts";
import { until } from "#test/support/until.ts";
import { fakeIcinga } from "./fake-icinga.ts";

const COUNT = 10_000;
const PREFETCH = 100;

/** By Node; a client alone took 86 to 101. */
const MOST_MIB = 110;

const isStandalone = process.env.PLUGINS_DIR !== undefined;
const real = needs("rabbitmq-server", "openssl");

const result = (index: number) =>
  Buffer.from(
    JSON.stringify({ host: `h${index}`, service: "s", exit_code: 0, output: "x", time: 1_000_000_000 + index }),
  );

test("of 10,000 results none is lost while relay, broker and core are killed", real, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "test-relay-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [broker, certificates] = await Promise.all([startRabbitmq(t), makeCertificates(t)]);
  const icinga = await fakeIcinga(t, certificates);
  const login = join(folder, "login");
  writeFileSync(login, "admin:secret\n", { mode: 0o600 });
  await broker.api("queues/%2f/results", { durable: true });
  await broker.send(
    "results",
    Array.from({ length: COUNT }, (_, index) => result(index)),
  );

  const names = new Set<string>();
  icinga.say = ({ name }) => {
    names.add(name);
    return 200;
  };
  const reach = (count: number) =>
    until(
      () => names.size >= count,
      () => `${count} results, there are ${names.size}`,
    );
  const start = () => {
    const started = startPlugin(
      "relay_results",
      [
        ...["--from", `stomp://${broker.stomp.address}/amq/queue/results`, "--from-auth-file", login],
        ...["--to", icinga.url, "--auth-file", login, "--ca", certificates.ca],
        ...["--format", "result", "--prefetch", `${PREFETCH}`],
      ],
      { timeoutMs: 600_000 },
    );
    t.after(() => started.child.kill("SIGKILL"));
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
  await reach(500);
  await end(running, "SIGKILL");
  running = start();
  await reach(2000);
  await icinga.stop();
  await end(running, "SIGKILL");
  running = start();
  await icinga.start();
  await reach(4000);
  await broker.restart();
  await reach(6000);
  await end(running, "SIGKILL");
  running = start();
  await reach(8000);
  await reach(COUNT);
  const { code, stdout } = await end(running, "SIGTERM");
  assert.equal(code, 0, stdout);

  // only what was under way when the relay was killed
  const twice = icinga.results.length - COUNT;
  t.diagnostic(`${COUNT} results, 0 lost, ${twice} came twice, at most ${Math.round(peak)} MiB`);
  assert.ok(twice <= 3 * PREFETCH, `${twice} results came twice`);
  if (!isStandalone) assert.ok(peak <= MOST_MIB, `${peak} MiB`);
  const listed = await broker.control("-q", "list_queues", "--no-table-headers", "name", "messages");
  assert.match(listed, /^results\t0$/m);
});
