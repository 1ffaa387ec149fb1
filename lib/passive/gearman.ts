import { hostname } from "node:os";
import { JobClient, randomUnique } from "../gearman/client.ts";
import { fetchStatus } from "../gearman/status.ts";
import { Cipher } from "../mod-gearman/cipher.ts";
import { formatResult } from "../mod-gearman/result.ts";
import { formatEndpoint, type TcpEndpoint } from "../net/endpoint.ts";
import { patience } from "../plugin/signal.ts";
import { inOrder, type Submit } from "./in-order.ts";
import { hostOrServiceCode } from "./output.ts";
import type { PassiveResult } from "./result.ts";

/** Where Mod-Gearman's module in the core takes results from. */
const QUEUE = "check_results";

export interface GearmanOptions {
  readonly server: TcpEndpoint;
  /** Mod-Gearman's key. */
  readonly key: Uint8Array;
  /** Longest wait for an answer. */
  readonly seconds: number;
}

/**
 * Mod-Gearman: results as its workers send them, encrypted, as background jobs for the core. gearmand keeps them until the core takes
 * them, and loses them when it ends.
 */
export function gearman({ server, key, seconds }: GearmanOptions): Submit & { close(): void } {
  const peer = `gearmand ${formatEndpoint(server)}`;
  const source = `submit_result @ ${hostname()}`;
  let cipher: Promise<Cipher> | undefined;
  let note: string | undefined;
  let client: JobClient | undefined;
  // the connection outlives a result, so its deadline is not that of the first one
  let abort = new AbortController();
  const close = () => {
    client?.close();
    client = undefined;
  };
  const send = async (payload: string) => {
    client ??= await JobClient.open(server, { signal: abort.signal });
    // an empty unique id would be a job of its own just as well; one that is known tells two results in a log
    await client.submitBackground({ queue: QUEUE, unique: await randomUnique(), payload });
  };
  const submit = inOrder(async (result, outer) => {
    const { signal, end } = patience(seconds, outer);
    const giveUp = () => abort.abort(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      cipher ??= Cipher.load(key);
      const payload = (await cipher).seal(describe(result, source));
      const wasOpen = client !== undefined;
      note ??= await withoutWorker(server, abort.signal);
      await send(payload).catch((error) => {
        close();
        // a server that was restarted has closed the connection that was kept
        if (!wasOpen || abort.signal.aborted) throw error;
        return send(payload);
      });
      return { kind: "accepted", text: `in queue ${QUEUE} of ${peer}${note}` };
    } catch (error) {
      close();
      abort = new AbortController();
      return { kind: "lost", text: (error as Error).message, again: true };
    } finally {
      signal.removeEventListener("abort", giveUp);
      end();
    }
  }, 1);
  return Object.assign(submit, { close });
}

/** Said of all results of a run when nobody takes them. */
async function withoutWorker(server: TcpEndpoint, signal: AbortSignal): Promise<string> {
  const { queues } = await fetchStatus(server, { signal });
  const worker = queues.find(({ name }) => name === QUEUE)?.worker ?? 0;
  return worker === 0 ? ", which no core takes them from now" : "";
}

function describe(result: PassiveResult, source: string): string {
  const { host, service = "", output, perfdata, started, time } = result;
  return formatResult({
    hostName: host,
    serviceDescription: service,
    returnCode: hostOrServiceCode(result),
    startTime: (started ?? time) * 1000,
    finishTime: time * 1000,
    source,
    output: `${output.replaceAll("|", "/")}${perfdata === "" ? "" : `|${perfdata}`}`,
  });
}
