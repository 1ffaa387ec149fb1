import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createServer as createTlsServer } from "node:tls";

import type { TcpEndpoint } from "../../../lib/net/endpoint.ts";

/** Starts a server on a free port of 127.0.0.1 that hands each connection to `serveOne`, and stops it with the test. */
export async function serve(t: TestContext, serveOne: (socket: Socket) => void): Promise<TcpEndpoint> {
  return listen(t, createServer(serveOne));
}

/** As {@link serve}, over TLS. */
export async function serveTls(
  t: TestContext,
  { cert, key }: { cert: Buffer; key: Buffer },
  serveOne: (socket: Socket) => void,
): Promise<TcpEndpoint> {
  const server = createTlsServer({ cert, key }, serveOne);
  server.on("tlsClientError", () => {});
  return listen(t, server);
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function closedPort(): Promise<TcpEndpoint> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return { host: "127.0.0.1", port };
}

/** A CA of our own with a certificate for `localhost` and 127.0.0.1, and a second CA that signed nothing of it. */
export function makeCertificates(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  for (const ca of ["ca", "other"]) {
    openssl("req", "-x509", ...newKey, "-keyout", `${ca}.key`, "-out", `${ca}.pem`, "-subj", `/CN=${ca}`, "-days", "2");
  }
  const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost", ...names);
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy", "-days", "2"];
  openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", ...signed);
  const read = (name: string) => readFileSync(join(folder, name));
  return { ca: read("ca.pem"), otherCa: read("other.pem"), cert: read("server.pem"), key: read("server.key") };
}

async function listen(t: TestContext, server: Server): Promise<TcpEndpoint> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}
