import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Owner } from "../support/owner.ts";
import { fixed16 } from "./liveproxyd/answer.ts";
import { own } from "./misbehaving.ts";

/** The status numbers of LMD's table `sites`. */
export const PeerStatus = { up: 0, stale: 1, down: 2, broken: 3, pending: 4, syncing: 5 } as const;

/** A row of the table `sites`. */
export interface LmdPeer {
  readonly peer_key: string;
  readonly peer_name?: string;
  readonly status: number;
  readonly last_error?: string;
  /** Seconds since the last successful update; undefined: never. */
  readonly age?: number;
  readonly idling?: number;
}

/** A stand-in of LMD, listening on all its transports. */
export interface Lmd {
  readonly unix: string;
  readonly tcp: string;
  readonly http: string;
  /** Changed while it runs, to show another state. */
  peers: readonly LmdPeer[];
}

/** Answers as LMD 2.8.3 does, as far as a check can ask. */
export async function startLmd(owner: Owner, peers: readonly LmdPeer[]): Promise<Lmd> {
  const folder = await mkdtemp(join(tmpdir(), "lmd-"));
  owner.after(() => rm(folder, { recursive: true, force: true }));
  const lmd = { peers };
  const serve = (socket: Socket) => speak(socket, (query) => answerQuery(query, lmd.peers));

  const unix = join(folder, "lmd.sock");
  const unixServer = createServer(serve);
  await new Promise<void>((resolve) => unixServer.listen(unix, resolve));
  owner.after(() => unixServer.close());
  const tcp = await own(owner, createServer(serve));
  const http = await own(
    owner,
    createHttpServer(async (request, response) => {
      const { status, body } = answerHttp(request, await bodyOf(request), lmd.peers);
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    }),
  );
  return Object.assign(lmd, { unix: `unix:${unix}`, tcp: tcp.address, http: `http://${http.address}` });
}

function speak(socket: Socket, answer: (query: string) => { text: string; keepAlive: boolean }): void {
  let text = "";
  socket.on("error", () => {});
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\n\n");
    if (end < 0) return;
    const { text: reply, keepAlive } = answer(text.slice(0, end));
    // what came behind the first query is lost, as in the real one
    text = "";
    if (keepAlive) socket.write(reply);
    else socket.end(reply);
  });
}

function answerQuery(query: string, peers: readonly LmdPeer[]): { text: string; keepAlive: boolean } {
  const [first = "", ...headers] = query.split("\n");
  const table = /^GET +([a-z]+)$/.exec(first)?.[1];
  const bad = (why: string) => ({ text: `bad request: ${why}\n`, keepAlive: false });
  if (table === undefined) return bad(`invalid request in: ${first}`);
  const header = (name: string) =>
    headers
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const unknown = headers.find((line) => !/^(responseheader|outputformat|keepalive|columns):/i.test(line));
  if (unknown !== undefined) return bad(`unrecognized header in: ${unknown}`);
  const columns = header("columns")?.split(" ") ?? [];
  const rows =
    table === "sites"
      ? peers.map((peer) => row(peer, columns))
      : table === "status"
        ? peers.filter(({ status }) => status === 0).map((peer) => row(peer, columns))
        : undefined;
  if (rows === undefined) return bad(`table ${table} does not exist`);
  const body = `[${rows.map((cells) => JSON.stringify(cells)).join("\n,")}]\n`;
  return {
    text: header("responseheader") === "fixed16" ? fixed16(200, body) : body,
    keepAlive: header("keepalive") === "on",
  };
}

function answerHttp(
  { method, url }: IncomingMessage,
  body: string,
  peers: readonly LmdPeer[],
): { status: number; body: string } {
  if (url !== "/table/sites") return { status: 404, body: "404 page not found\n" };
  if (method !== "POST" && method !== "GET") return { status: 405, body: "" };
  try {
    const { columns = [], sendcolumnsheader = true } = JSON.parse(body === "" ? "{}" : body) as {
      columns?: string[];
      sendcolumnsheader?: boolean;
    };
    const rows = peers.map((peer) => row(peer, columns));
    return { status: 200, body: JSON.stringify(sendcolumnsheader ? [columns, ...rows] : rows) };
  } catch {
    return { status: 400, body: '{"error":"request not understood"}\n' };
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  return body;
}

/** A column that LMD does not have is an empty text. */
function row(peer: LmdPeer, columns: readonly string[]): readonly unknown[] {
  const now = Date.now() / 1000;
  const cells: Readonly<Record<string, unknown>> = {
    peer_key: peer.peer_key,
    peer_name: peer.peer_name ?? peer.peer_key,
    status: peer.status,
    last_error: peer.last_error ?? "",
    last_online: peer.age === undefined ? 0 : now - peer.age,
    last_update: now,
    response_time: 0.0125,
    idling: peer.idling ?? 0,
    localtime: now,
    queries: 7,
    bytes_send: 700,
    bytes_received: 70_000,
    program_start: now - 3600,
    program_version: "2.8.3",
    livestatus_version: "2.8.3",
    nagios_pid: 1234,
  };
  return columns.map((column) => cells[column] ?? "");
}
