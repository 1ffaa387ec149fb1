import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { text } from "node:stream/consumers";

import { type Address, listen } from "#test/servers/address.ts";
import type { Certificates } from "#test/servers/tls.ts";
import type { Owner } from "#test/support/owner.ts";

/** What was submitted. */
interface Submitted {
  readonly name: string;
  readonly exitCode: number;
  readonly output: string;
  /** Seconds since 1970. */
  readonly time: number;
}

export interface FakeIcinga extends Address {
  readonly url: string;
  /** What was taken, in its order. */
  readonly results: Submitted[];
  /** What it answers: a code of Icinga 2's. */
  say: (submitted: Submitted) => number;
  /** Ends with all its connections. */
  stop(): Promise<void>;
  /** Comes back on the same port. */
  start(): Promise<void>;
}

/** Stands in for the API of an Icinga 2 that takes every result, unless told otherwise. */
export async function fakeIcinga(owner: Owner, { cert, key }: Certificates): Promise<FakeIcinga> {
  const results: Submitted[] = [];
  let server: Server;
  const fake = { say: (_: Submitted) => 200 };
  const open = async (port: number) => {
    server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, async (request, response) => {
      const sent = JSON.parse(await text(request)) as Record<string, unknown>;
      const submitted = {
        name: `${sent.service ?? sent.host}`,
        exitCode: Number(sent.exit_status),
        output: `${sent.plugin_output}`,
        time: Number(sent.execution_end),
      };
      const code = fake.say(submitted);
      if (code === 200) results.push(submitted);
      response.end(JSON.stringify({ results: [{ code, status: "said by the stand-in" }] }));
    });
    return listen(server, "127.0.0.1", port);
  };
  const address = await open(0);
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  owner.after(stop);
  return Object.assign(fake, address, {
    url: `icinga2:https://${address.address}`,
    results,
    stop,
    start: async () => void (await open(address.port)),
  });
}
