import type { LivestatusAddress } from "../livestatus/address.ts";
import { Session } from "../livestatus/session.ts";
import type { TlsOptions } from "../net/tls.ts";
import { patience } from "../plugin/signal.ts";
import { hostOrServiceCode } from "./output.ts";
import type { LookUp, Seen } from "./proof.ts";
import type { PassiveResult } from "./result.ts";

/** Where a core is read back. */
export interface ProofOptions {
  readonly address: LivestatusAddress;
  readonly tls: TlsOptions;
  /** Longest wait for an answer. */
  readonly seconds: number;
}

const COLUMNS = ["last_check", "state", "plugin_output", "has_been_checked"];

/** So much of the first line is compared, in characters: a command file takes no more of it. */
const COMPARED = 1000;

/**
 * Reads a result back by Livestatus. A core tells its time in whole seconds, which is when the check began (Nagios, Naemon) or when
 * the result came (Icinga 2): the result is there when state and first line are the same, and no older.
 */
export function livestatusProof({ address, tls, seconds }: ProofOptions): LookUp {
  return async (result, outer) => {
    const { signal, end } = patience(seconds, outer);
    const where = `Livestatus at ${address.text}`;
    try {
      const { endpoint, family, tls: isTls } = address;
      const session = await Session.open(endpoint, { signal, family, tls: isTls ? tls : undefined });
      try {
        const [row] = await session.ask(queryFor(result));
        return row === undefined ? missing(result, where) : compare(row, result, where);
      } finally {
        session.close();
      }
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
    } finally {
      end();
    }
  };
}

function queryFor({ host, service }: PassiveResult) {
  return service === undefined
    ? { table: "hosts", columns: COLUMNS, filters: [`name = ${host}`] }
    : { table: "services", columns: COLUMNS, filters: [`host_name = ${host}`, `description = ${service}`] };
}

const missing = ({ service }: PassiveResult, where: string): Seen => ({
  kind: "missing",
  text: `no such ${service === undefined ? "host" : "service"} in ${where}`,
});

function compare(
  [lastCheck, state, output, isChecked]: readonly unknown[],
  result: PassiveResult,
  where: string,
): Seen {
  if (typeof lastCheck !== "number" || typeof output !== "string") throw new Error("no last_check and plugin_output");
  if (isChecked === 0 || lastCheck === 0) return { kind: "other", text: `${where} shows no result` };
  const of = `of ${new Date(lastCheck * 1000).toISOString()}`;
  const isSame = state === hostOrServiceCode(result) && comparable(output) === comparable(result.output);
  const time = Math.floor(result.started ?? result.time);
  if (isSame && lastCheck >= time) return { kind: "ours" };
  return lastCheck > Math.ceil(result.time)
    ? { kind: "newer", text: `${where} shows a newer one, ${of}` }
    : { kind: "other", text: `${where} shows the one ${of}` };
}

/** The first line, as far as cores agree on it: Nagios turns `;` into `:`, and a bar is sent as `/`. */
const comparable = (output: string) =>
  output.split("\n", 1).join().slice(0, COMPARED).replaceAll(";", ":").replaceAll("|", "/").trim();
