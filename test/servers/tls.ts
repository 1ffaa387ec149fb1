import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { promisify } from "node:util";

import { programPath } from "../support/debian.ts";
import type { Owner } from "../support/owner.ts";
import { type Address, connectOptions } from "./address.ts";
import { own } from "./misbehaving.ts";

const run = promisify(execFile);

/** Paths of PEM files, gone with their owner. */
export interface Certificates {
  readonly ca: string;
  /** A CA that has signed nothing here. */
  readonly wrongCa: string;
  /** For `localhost`, 127.0.0.1 and ::1; serves as a client's certificate as well. */
  readonly cert: string;
  readonly key: string;
  /** Of the same CA, but for the name `gearmand.example.com` only; same key. */
  readonly otherNameCert: string;
  /** As `cert`, but its time was over yesterday. */
  readonly expiredCert: string;
}

/** @throws Error naming the Debian package when there is no openssl. */
export async function makeCertificates(owner: Owner): Promise<Certificates> {
  const openssl = programPath("openssl");
  const folder = await mkdtemp(join(tmpdir(), "test-certificates-"));
  owner.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

  const makeCa = (name: string) =>
    run(openssl, [
      ...["req", "-x509", ...newKey, "-days", "2", "-subj", `/CN=Test ${name}`],
      ...["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)],
    ]);
  const sign = async (name: string, names: string, days = "2") => {
    await writeFile(file(`${name}.ext`), `subjectAltName=${names}\n`);
    await run(openssl, [
      ...["x509", "-req", "-in", file("server.csr"), "-days", days, "-extfile", file(`${name}.ext`)],
      ...["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-out", file(`${name}.pem`)],
    ]);
  };
  await makeCa("ca");
  await makeCa("wrong-ca");
  await run(openssl, [
    "req",
    ...newKey,
    "-subj",
    "/CN=Test",
    "-keyout",
    file("server.key"),
    "-out",
    file("server.csr"),
  ]);
  await sign("server", "DNS:localhost,IP:127.0.0.1,IP:::1");
  await sign("other-name", "DNS:gearmand.example.com");
  await sign("expired", "DNS:localhost,IP:127.0.0.1,IP:::1", "-1");
  return {
    ca: file("ca.pem"),
    wrongCa: file("wrong-ca.pem"),
    cert: file("server.pem"),
    key: file("server.key"),
    otherNameCert: file("other-name.pem"),
    expiredCert: file("expired.pem"),
  };
}

export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  /** Demands a client certificate of this CA, which gearmand itself never does. */
  readonly clientCa?: string;
}

/** A job server behind TLS: takes TLS connections and forwards them to a plain server. */
export async function tlsFront(owner: Owner, backend: string, options: TlsOptions): Promise<Address> {
  const { cert, key, clientCa } = options;
  const server = createServer(
    {
      cert: await readFile(cert),
      key: await readFile(key),
      ...(clientCa === undefined ? {} : { ca: await readFile(clientCa), requestCert: true, rejectUnauthorized: true }),
    },
    (secure) => {
      const plain = connect(connectOptions(backend));
      // either side's end is the other's
      secure.once("close", () => plain.destroy());
      plain.once("close", () => secure.destroy());
      secure.on("error", () => {});
      plain.on("error", () => {});
      secure.pipe(plain).pipe(secure);
    },
  );
  // a client that does not trust us is what some tests are about
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return own(owner, server);
}
