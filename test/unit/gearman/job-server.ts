import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import type { TestContext } from "node:test";

import type { TcpEndpoint } from "../../../lib/net/endpoint.ts";
import { closedPort } from "../net/servers.ts";

const GEARMAND = "/usr/sbin/gearmand";

/** For the `skip` of tests that need a real job server. */
export const withoutGearmand = existsSync(GEARMAND) ? false : "needs gearmand: apt-get install gearman-job-server";

/** Starts a gearmand on a free port of 127.0.0.1 and stops it with the test. */
export async function startGearmand(t: TestContext, ...options: string[]): Promise<TcpEndpoint> {
  const server = await closedPort();
  const args = ["--port", `${server.port}`, "--listen", "127.0.0.1", "--log-file", "stderr", ...options];
  const gearmand = spawn(GEARMAND, args, { stdio: "ignore" });
  const gone = new Promise((resolve) => gearmand.once("close", resolve));
  t.after(async () => {
    gearmand.kill("SIGKILL");
    await gone;
  });
  while (gearmand.exitCode === null && !(await accepts(server)))
    await new Promise((resolve) => setTimeout(resolve, 20));
  return server;
}

function accepts({ host, port }: TcpEndpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
