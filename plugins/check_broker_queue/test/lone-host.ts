import { connect, createServer } from "node:net";

import { type Address, connectOptions, listen } from "#test/servers/address.ts";
import type { Owner } from "#test/support/owner.ts";

/** An address of this machine on which nobody listens, for what is about ports of a fixed number. */
export const loneHost = (): string => {
  const any = () => 1 + Math.floor(Math.random() * 250);
  return `127.${any()}.${any()}.${any()}`;
};

/** Gives a server another address, until its owner ends. */
export async function relay(owner: Owner, host: string, port: number, to: Address): Promise<void> {
  const server = createServer((socket) => {
    const onward = connect(connectOptions(to.address));
    const ends = [socket, onward];
    for (const end of ends) end.on("error", () => {}).on("close", () => ends.forEach((one) => void one.destroy()));
    socket.pipe(onward).pipe(socket);
  });
  await listen(server, host, port);
  owner.after(() => server.close());
}
