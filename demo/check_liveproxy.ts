import { connect } from "node:net";

import { type CannedCore, startCannedCore } from "../test/servers/canned-core.ts";
import { startIcinga } from "../test/servers/icinga2.ts";
import { startLiveproxyd } from "../test/servers/liveproxyd/start.ts";
import { PeerStatus, startLmd } from "../test/servers/lmd.ts";
import { lacking } from "../test/support/debian.ts";
import type { Stage } from "./stage.ts";

const QUERY = "GET status\nResponseHeader: fixed16\nKeepAlive: on\nColumns: program_start\n\n";

/** Shows check_liveproxy with a site ready, starting, dead, out of channels, and frozen. */
export default async function demo(stage: Stage): Promise<void> {
  const core = await monitoringCore(stage);
  const proxy = await startLiveproxyd(stage, {
    sites: [{ id: "berlin", target: core.socket }],
    heartbeatTimeoutMs: 400,
    queryTimeoutMs: 3000,
  });
  await proxy.untilState(/State: +ready/);
  const memory = ["--state-dir", `${proxy.root}/state`];
  // reconnecting is part of the play
  const always = ["--omd-root", proxy.root, ...memory, "--reset-warning", "0", "--perfdata", "totals"];
  const run = (...args: readonly string[]) => stage.run("check_liveproxy", ...always, ...args);

  stage.say("A site that is ready: asked through the proxy, explained by its state file and processes");
  await run("-v");
  stage.say("All its channels are in use");
  // a heartbeat that is on its way when the core freezes would hold a channel, and end the scene
  await proxy.set("berlin", { mute: true });
  await proxy.untilState(/ - ready[\s\S]* - ready/);
  await core.freeze();
  const clients = [1, 2, 3].map(() => connect(proxy.socket("berlin")).on("error", () => {}));
  for (const client of clients) client.write(QUERY);
  await proxy.untilState(/busy[\s\S]*busy/);
  await run();
  for (const client of clients) client.destroy();
  core.thaw();
  await proxy.untilState(/State: +ready/);
  await proxy.set("berlin", {});
  stage.say("The core behind it is frozen: asked directly, through the proxy, and by one more who is impatient");
  await core.freeze();
  await stage.run("check_liveproxy", "-H", `unix:${core.socket}`, "-t", "1");
  await proxy.untilState(/State: +starting/);
  await run();
  core.thaw();
  await proxy.untilState(/State: +ready/);
  stage.say("It cannot be connected to: starting at first, then dead; an outage that is planned is a WARNING at most");
  await proxy.set("berlin", { starting: true });
  await proxy.untilState(/State: +starting/);
  await run();
  await run("--grace", "0");
  await run("--grace", "0", "--planned", "berlin");
  stage.say("The proxy itself is gone");
  await proxy.end("SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 300));
  await run();

  stage.say("An LMD, over HTTP, with a peer that is up, one that is down, and one that serves old data");
  const lmd = await startLmd(stage, [
    { peer_key: "b1", peer_name: "berlin", status: PeerStatus.up, age: 3 },
    {
      peer_key: "m1",
      peer_name: "munich",
      status: PeerStatus.down,
      age: 600,
      last_error: "dial tcp: connection refused",
    },
    { peer_key: "h1", peer_name: "hamburg", status: PeerStatus.up, age: 300 },
  ]);
  await stage.run("check_liveproxy", "--lmd", lmd.http, ...memory, "--perfdata", "totals");
}

interface Core {
  readonly socket: string;
  freeze(): void | Promise<void>;
  thaw(): void;
}

/** A real icinga2 where one is installed, else a stand-in that can keep silent. */
async function monitoringCore(stage: Stage): Promise<Core> {
  const missing = lacking("icinga2");
  if (missing === undefined) {
    stage.say("The monitoring core is a real icinga2, the proxy a stand-in of liveproxyd");
    return startIcinga(stage);
  }
  stage.say(`The monitoring core is an embedded stand-in (${missing})`);
  const core: CannedCore = await startCannedCore(stage);
  return { socket: core.socket, freeze: () => core.hold(true), thaw: () => core.hold(false) };
}
