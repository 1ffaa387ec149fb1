import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

import { programPath } from "../support/debian.ts";
import { type Owner, spawnOwned } from "../support/owner.ts";
import { until } from "../support/until.ts";
import { type Address, addressOf, freePort } from "./address.ts";

/**
 * Starts Debian's nrpe on the loopback interface with these lines of configuration; resolves when it listens. Its owner
 * ends it. Commands run as the user of the tests, or as `nagios` instead of root.
 *
 * @throws Error naming the Debian package when there is no nrpe
 */
export async function startNrpe(owner: Owner, commands: string): Promise<Address> {
  const program = programPath("nrpe");
  const folder = await mkdtemp(join(tmpdir(), "nrpe-"));
  owner.after(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const config = join(folder, "nrpe.cfg");
  // as root it would not start
  const user = process.getuid?.() === 0 ? "nagios" : userInfo().username;
  const settings = {
    server_address: "127.0.0.1",
    server_port: port,
    allowed_hosts: "127.0.0.1",
    nrpe_user: user,
    nrpe_group: spawnSync("id", ["-gn", user], { encoding: "utf8" }).stdout.trim(),
    pid_file: join(folder, "nrpe.pid"),
    log_file: join(folder, "nrpe.log"),
    dont_blame_nrpe: 0,
    command_timeout: 30,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(config, `${lines.join("")}${commands}`);

  const child = spawnOwned(owner, program, ["-c", config, "-f"], { stdio: "ignore" });
  const log = () => readFile(settings.log_file, "utf8").catch(() => "no log");
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`nrpe ended at once:\n${await log()}`);
    const socket = connect({ host: "127.0.0.1", port });
    const connected = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    return connected;
  };
  await until(isUp, async () => `nrpe:\n${await log()}`);
  return addressOf("127.0.0.1", port);
}
