import { once } from "node:events";

import { type Owner, spawnOwned } from "../support/owner.ts";

/** A process of ours that opens what it is told to, and closes nothing. */
export interface Leaker {
  readonly pid: number;
  /** Opens `count` more; `path` for files, `port` for sockets. */
  leak(what: Leak): Promise<void>;
}

interface Leak {
  readonly count: number;
  /** `unlinked`: a file that is deleted once it is open. */
  readonly kind: "file" | "unlinked" | "socket";
  readonly path?: string;
  readonly port?: number;
}

const PROGRAM = `
  const { openSync, unlinkSync, writeFileSync } = require("node:fs");
  const { connect } = require("node:net");
  process.title = process.argv[1];
  const kept = [];
  process.on("message", async ({ count, kind, path, port }) => {
    for (let i = 0; i < count; i++) {
      if (kind === "socket") {
        const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        socket.on("error", () => {});
        kept.push(socket);
        await new Promise((done) => socket.once("connect", done));
      } else {
        if (kind === "unlinked") writeFileSync(path, "");
        kept.push(openSync(path, "r"));
        if (kind === "unlinked") unlinkSync(path);
      }
    }
    process.send("done");
  });
  process.send("up");
`;

/** @param name what /proc/PID/comm says */
export async function startLeaker(owner: Owner, name = "fd_leaker", prefix: readonly string[] = []): Promise<Leaker> {
  const [file = "", ...args] = [...prefix, process.execPath, "-e", PROGRAM, name];
  const child = spawnOwned(owner, file, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  await once(child, "message");
  return {
    pid: child.pid ?? 0,
    async leak(what) {
      child.send(what);
      await once(child, "message");
    },
  };
}
