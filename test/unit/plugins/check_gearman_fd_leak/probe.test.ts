import assert from "node:assert/strict";
import { test } from "node:test";

import { probeProcesses } from "../../../../plugins/check_gearman_fd_leak/probe.ts";
import { procTree, writeProcess } from "../../../support/proc-tree.ts";

const { signal } = new AbortController();
const fds = Array.from({ length: 1500 }, () => "/a");
const probe = { names: ["gearmand"], pid: undefined, uid: undefined, port: 4730, kinds: 10_000, signal };

test("a pid that is another process before the look at it is over, is not there", async (t) => {
  const root = procTree(t, { processes: { 42: { fds } } });
  const looking = probeProcesses({ ...probe, root });
  // so many descriptors are not read in one turn of the event loop
  writeProcess(root, 42, { fds, startTicks: 501 });
  assert.deepEqual((await looking).groups, [{ name: "gearmand", processes: [], zombies: 0 }]);
});

test("one that stays is there", async (t) => {
  const root = procTree(t, { processes: { 42: { fds } } });
  const [group] = (await probeProcesses({ ...probe, root })).groups;
  assert.deepEqual(
    group?.processes.map((one) => [one.fds, one.kinds?.read]),
    [[1500, 1500]],
  );
});
