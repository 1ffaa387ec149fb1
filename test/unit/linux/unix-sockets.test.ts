import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { listeningPaths } from "../../../lib/linux/unix-sockets.ts";
import { temporaryFolder } from "../../support/proc-tree.ts";

test("the sockets this process listens at, and not those it only talks by", async (t) => {
  const folder = temporaryFolder(t);
  const paths = ["one", "two words"].map((name) => join(folder, name));
  for (const path of paths) {
    const server = createServer(() => {}).listen(path);
    t.after(() => server.close());
    await once(server, "listening");
  }
  const client = connect(paths[0] as string);
  t.after(() => client.destroy());
  await once(client, "connect");
  const found = (listeningPaths(process.pid) ?? []).filter((path) => path.startsWith(folder));
  assert.deepEqual(found.toSorted(), paths);
});

test("of a process that is not there nothing is known", () => {
  assert.equal(listeningPaths(4_194_304), undefined);
});
