import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";

import { programPath } from "../support/debian.ts";
import type { Owner } from "../support/owner.ts";
import { until } from "../support/until.ts";
import { type Address, addressOf, freePort } from "./address.ts";
import { defining, type Icinga, OURSELVES, startIcinga } from "./icinga2.ts";

/** A real Icinga 2 with its API, and objects that wait for passive results. */
export interface IcingaApi extends Icinga {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly api: Address;
  /** The CA of its certificate, which is for the name `lab` alone. */
  readonly ca: string;
  readonly cert: string;
  /** The attributes of an object, asked for by a user who may see all; names in the path are escaped: `services/web!load`. */
  object(path: string): Promise<Record<string, unknown>>;
  /** Those of all objects of a kind: `services?attrs=last_check_result`. */
  objects(path: string): Promise<readonly Record<string, unknown>[]>;
}

/** Users by their rights; the password of each is `secret`. */
const USERS = `
object ApiUser "admin" { password = "secret"; permissions = [ "*" ] }
object ApiUser "sender" { password = "secret"; permissions = [ "actions/process-check-result", "objects/query/Service", "objects/query/Host" ] }
object ApiUser "blind" { password = "secret"; permissions = [ "actions/process-check-result" ] }
object ApiUser "reader" { password = "secret"; permissions = [ "objects/query/Service" ] }
`;

const run = promisify(execFile);

/** Certificates as Icinga's own tools make them. */
async function makeCertificates(folder: string): Promise<void> {
  const certs = join(folder, "lib/certs");
  await mkdir(certs);
  const pki = (...args: readonly string[]) =>
    run(programPath("icinga2"), ["pki", ...args, ...defining({ DataDir: join(folder, "lib"), ...OURSELVES })]);
  const [key, csr, cert] = ["lab.key", "lab.csr", "lab.crt"].map((name) => join(certs, name)) as [
    string,
    string,
    string,
  ];
  await pki("new-ca");
  await pki("new-cert", "--cn", "lab", "--key", key, "--csr", csr);
  await pki("sign-csr", "--csr", csr, "--cert", cert);
  await run("cp", [join(folder, "lib/ca/ca.crt"), join(certs, "ca.crt")]);
}

/**
 * @param definitions hosts and services, besides those of `startIcinga`
 * @throws Error naming the Debian package when there is no icinga2
 */
export async function startIcingaApi(owner: Owner, definitions: string): Promise<IcingaApi> {
  const port = await freePort();
  const listener = `object ApiListener "api" { bind_host = "127.0.0.1"; bind_port = ${port} }\n`;
  let certs = "";
  const icinga = await startIcinga(owner, `${listener}${USERS}${definitions}`, async (folder) => {
    certs = join(folder, "lib/certs");
    await makeCertificates(folder);
  });
  const [ca, cert] = [join(certs, "ca.crt"), join(certs, "lab.crt")];
  const trusted = await readFile(ca);
  const get = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const asked = request(
        { host: "127.0.0.1", port, path, ca: trusted, servername: "lab", auth: "admin:secret", agent: false },
        (answer) => resolve(text(answer)),
      );
      asked.once("error", reject);
      asked.end();
    });
  const objects = async (path: string) => {
    const answer = JSON.parse(await get(`/v1/objects/${path}`)) as {
      results?: readonly { readonly attrs: Record<string, unknown> }[];
    };
    return (answer.results ?? []).map(({ attrs }) => attrs);
  };
  await until(
    () =>
      get("/v1").then(
        () => true,
        () => false,
      ),
    () => "the API",
    50,
  );
  return {
    ...icinga,
    api: addressOf("127.0.0.1", port),
    url: `https://127.0.0.1:${port}`,
    ca,
    cert,
    objects,
    object: async (path) => (await objects(path))[0] ?? {},
  };
}
