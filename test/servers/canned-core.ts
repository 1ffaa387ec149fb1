import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Owner } from "../support/owner.ts";
import { fixed16 } from "./liveproxyd/answer.ts";

/** A Unix socket that answers every query at once with the same row, for tests that need many cores or fast ones. */
export interface CannedCore {
  readonly socket: string;
  /** Connections taken so far, and how many of them are open. */
  readonly connections: () => { readonly taken: number; readonly open: number };
  /** Every query it got. */
  readonly queries: () => readonly string[];
  /** Keeps what it gets without answering, until it may. */
  hold(isHeld: boolean): void;
}

export interface CannedOptions {
  /** Changes what is answered, or what is done in its place. */
  readonly answer?: (query: string, nth: number, socket: Socket) => string | undefined;
}

export async function startCannedCore(owner: Owner, { answer }: CannedOptions = {}): Promise<CannedCore> {
  const folder = await mkdtemp(join(tmpdir(), "core-"));
  owner.after(() => rm(folder, { recursive: true, force: true }));
  const socket = join(folder, "live");
  const open = new Set<Socket>();
  const queries: string[] = [];
  let taken = 0;
  let isHeld = false;
  const held: (() => void)[] = [];
  const server = createServer((client) => {
    taken += 1;
    open.add(client);
    client.on("error", () => {});
    client.on("close", () => open.delete(client));
    let text = "";
    client.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const query = text.slice(0, end + 2);
        text = text.slice(end + 2);
        queries.push(query);
        const reply = answer === undefined ? status() : answer(query, queries.length, client);
        if (reply === undefined) continue;
        if (isHeld) held.push(() => client.write(reply));
        else client.write(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen({ path: socket, backlog: 511 }, resolve));
  owner.after(() => {
    for (const client of open) client.destroy();
    server.close();
  });
  return {
    socket,
    connections: () => ({ taken, open: open.size }),
    queries: () => queries,
    hold(hold) {
      isHeld = hold;
      if (!hold) for (const send of held.splice(0)) send();
    },
  };
}

/** A healthy row of the table `status`. */
export const status = () => fixed16(200, `[[${Math.floor(Date.now() / 1000) - 3600},"2.3.0p1","2.3.0p1",4711,6,20]]\n`);
