import { readFile } from "node:fs/promises";
import { createServer } from "node:https";

import type { Address } from "#test/servers/address.ts";
import { own } from "#test/servers/misbehaving.ts";
import { makeCertificates } from "#test/servers/tls.ts";
import type { Owner } from "#test/support/owner.ts";

/** What is answered to a result, and to whoever reads it back. */
interface Answers {
  readonly status: number;
  readonly body: unknown;
  /** The object's `last_check_result`, and whether it is active. */
  readonly last?: unknown;
  readonly active?: boolean;
}

const code = (status: number, text: string): Answers => ({
  status,
  body: { results: [{ code: status, status: text }] },
});

/**
 * By the name of the service. The first two are the words of 2.14 and later, from its sources and changelog: Debian's 2.13 does not say them.
 */
const ANSWERS: Readonly<Record<string, Answers>> = {
  newer: code(409, "Newer check result already present. Check result for 'web!newer' was discarded."),
  inactive: code(
    503,
    "Cannot process passive check result for service 'web!inactive' because object is inactive / shutting down.",
  ),
  failing: { status: 500, body: { error: 500, status: "No action was executed." } },
  // several codes are one 500
  several: { status: 500, body: { results: [{ code: 409, status: "Newer check result already present." }] } },
  proxy: { status: 502, body: "<html>Bad Gateway</html>" },
  page: { status: 200, body: "<html>Welcome</html>" },
  nothing: { status: 200, body: { results: [] } },
  strange: { status: 200, body: { results: [{ code: "200", status: ["x"] }] } },
  nested: { status: 200, body: `{"results":[{"code":200,"status":"x"}],"more":${"[".repeat(100)}${"]".repeat(100)}}` },
  endless: { status: 200, body: "x".repeat(17 * 1024 * 1024) },
  dropped: { ...code(200, "Successfully processed check result for object 'web!dropped'."), last: null },
  ending: code(200, "Successfully processed check result for object 'web!ending'."),
  // as 2.13 does while it shuts down
  leaving: { ...code(200, "Successfully processed check result for object 'web!leaving'."), last: null, active: false },
  odd: { ...code(200, "Successfully processed check result for object 'web!odd'."), last: { output: 5 } },
};

/** A stand-in of Icinga 2's API. Counts requests by path and service. */
export async function newerIcinga(owner: Owner) {
  const { ca, cert, key } = await makeCertificates(owner);
  const asked: string[] = [];
  const server = createServer({ cert: await readFile(cert), key: await readFile(key) }, async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const isRead = request.method === "GET";
    const name = isRead
      ? decodeURIComponent(request.url ?? "").replace(/^.*!(.*)\?.*$/, "$1")
      : (JSON.parse(text) as { service: string }).service.replace(/^.*!/, "");
    asked.push(`${request.method} ${name}`);
    // it has taken a result, and ends
    if (isRead && name === "ending") return void request.socket.destroy();
    const { status, body, last, active } = ANSWERS[name] ?? code(404, "No objects found.");
    response.writeHead(isRead ? 200 : status, { "content-type": "application/json" });
    const said = isRead ? { results: [{ attrs: { last_check_result: last, active } }] } : body;
    response.end(typeof said === "string" ? said : JSON.stringify(said));
  });
  const address: Address = await own(owner, server);
  return { ...address, ca, asked };
}
