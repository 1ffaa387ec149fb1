import { CheckError, type Context, type Signal, Status } from "monitoring-plugins-ts";
import { request } from "monitoring-plugins-ts/http";
import {
  type LivestatusAddress,
  LivestatusError,
  PEER_COLUMNS,
  parseLivestatusAddress,
  parseRows,
  readPeers,
  Session,
} from "monitoring-plugins-ts/livestatus";
import type { ConnectOptions } from "monitoring-plugins-ts/net";

import type { LmdFacts } from "./facts.ts";
import { askAll, timeToAsk } from "./pool.ts";

/** Where an LMD listens. */
export interface LmdAddress {
  readonly text: string;
  readonly at: LivestatusAddress | URL;
}

/** LMD has no port of its own; its examples use this one. */
const DEFAULT_PORT = 3333;

/** An LMD may tell of as many sites. */
const PEERS = 500;

/** Asked at the same time. */
const MOST = 64;

/** A thousand peers with long errors. */
const MAX_BYTES = 1024 * 1024;

/** @throws Error naming the text */
export function parseLmdAddress(text: string): LmdAddress {
  if (!/^https?:/i.test(text)) return { text, at: parseLivestatusAddress(text, DEFAULT_PORT) };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === "") throw new Error(`'${text}' is not an address`);
  if (url.username !== "" || url.password !== "")
    throw new Error("LMD has no passwords: leave them out of the address");
  return { text, at: url };
}

/** Asks LMDs for their peers. */
export async function probeLmds(
  addresses: readonly LmdAddress[],
  named: readonly string[],
  connect: Omit<ConnectOptions, "signal">,
  tls: TlsOptions,
  context: Context,
): Promise<readonly LmdFacts[]> {
  const endMs = process.uptime() * 1000 + timeToAsk(context.remainingMs(), addresses.length * PEERS);
  const ask = (address: LmdAddress, signal: Signal) => probeLmd(address, named, { ...connect, signal }, tls);
  const limits = { endMs, atOnce: MOST, patienceMs: Number.POSITIVE_INFINITY, fullMs: 0, late: context.late };
  return (await askAll(addresses, ask, limits, context.signal)).map(({ result }) => result);
}

async function probeLmd(
  address: LmdAddress,
  named: readonly string[],
  connect: ConnectOptions,
  tls: TlsOptions,
): Promise<LmdFacts> {
  const start = process.uptime();
  try {
    const rows =
      address.at instanceof URL
        ? await askHttp(address.at, connect)
        : await askLivestatus(address.at, {
            ...connect,
            tls: address.at.tls === true ? (connect.tls ?? tls) : connect.tls,
          });
    return { address: address.text, named, answer: { seconds: process.uptime() - start, peers: readPeers(rows) } };
  } catch (error) {
    if (error instanceof CheckError) return { address: address.text, named, answer: error };
    throw error;
  }
}

type TlsOptions = NonNullable<ConnectOptions["tls"]>;
type Rows = readonly (readonly unknown[])[];

async function askLivestatus({ endpoint, family }: LivestatusAddress, connect: ConnectOptions): Promise<Rows> {
  const isUnix = "path" in endpoint;
  const ask = async (columns: readonly string[]) => {
    const session = await Session.open(endpoint, {
      ...connect,
      family: family ?? connect.family,
      tls: isUnix ? undefined : connect.tls,
    });
    try {
      return await session.ask({ table: "sites", columns });
    } finally {
      session.close();
    }
  };
  try {
    return await ask(PEER_COLUMNS);
  } catch (error) {
    if (error instanceof LivestatusError && error.kind === "closed") throw await strangerOf(ask, error);
    throw error;
  }
}

/** A gearmand says nothing to a line of many words, and closes; to a short one it says what it is. */
async function strangerOf(ask: (columns: readonly string[]) => Promise<Rows>, closed: Error): Promise<Error> {
  try {
    await ask(PEER_COLUMNS.slice(0, 1));
    return closed;
  } catch (error) {
    return error instanceof LivestatusError && error.kind === "stranger" ? error : closed;
  }
}

async function askHttp(base: URL, { signal, family, tls }: ConnectOptions): Promise<Rows> {
  const url = new URL("table/sites", base.href.endsWith("/") ? base : `${base.href}/`);
  const question = { columns: PEER_COLUMNS, outputformat: "json", sendcolumnsheader: false };
  const { status, body } = await request(url, { json: question, signal, family, tls, maxBytes: MAX_BYTES });
  const failed = (what: string) => new LivestatusError(Status.CRITICAL, "error answer", what, { code: status });
  if (status !== 200) throw failed(`HTTP status ${status}${errorText(body)}`);
  const rows = parseRows(body);
  if (rows === undefined) throw new LivestatusError(Status.CRITICAL, "no data", "answers without data (no JSON list)");
  return rows;
}

function errorText(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === "string" ? `: ${error}` : "";
  } catch {
    return "";
  }
}
