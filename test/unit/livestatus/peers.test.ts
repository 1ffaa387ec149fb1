import assert from "node:assert/strict";
import { test } from "node:test";

import { PEER_COLUMNS, readPeers } from "../../../lib/livestatus/peers.ts";

const peerWith = (cells: Partial<Record<(typeof PEER_COLUMNS)[number], unknown>>) => {
  const row = { peer_key: "id1", status: 0, last_online: 1_795_300_000.5, localtime: 1_795_300_003.5, ...cells };
  return readPeers([PEER_COLUMNS.map((column) => (row as Record<string, unknown>)[column] ?? "")])[0];
};

test("a row of LMD's table sites", () => {
  const peer = peerWith({ peer_name: "muc", idling: 1, queries: 7 });
  assert.deepEqual(
    [peer?.key, peer?.name, peer?.state, peer?.lastOnline, peer?.now, peer?.idling, peer?.queries],
    ["id1", "muc", "up", 1_795_300_000.5, 1_795_300_003.5, true, 7],
  );
});

test("times that are none are not available, and a state of a later version is unknown", () => {
  assert.equal(peerWith({ last_online: 0 })?.lastOnline, undefined);
  for (const localtime of [0, -1, null, "x"]) assert.equal(peerWith({ localtime })?.now, undefined, `${localtime}`);
  for (const status of [-1, 0.5, 6]) assert.equal(peerWith({ status })?.state, "unknown", `${status}`);
  assert.throws(() => peerWith({ status: "0" }), /a site without key or status/);
});
