import type { ProgramContext, Status, Values } from "monitoring-plugins-ts";
import { printable, UsageError } from "monitoring-plugins-ts";
import { type Delivery, keepDraining, objectName, sparingly } from "monitoring-plugins-ts/passive";

import { DeadLetters } from "./dead-letters.ts";
import { Ledger, type Snapshot } from "./ledger.ts";
import type { Reading } from "./message.ts";
import type { brokerOptions } from "./options.ts";
import { Relay } from "./relay.ts";
import { relayUntilStopped } from "./run.ts";
import { keepWriting } from "./status-file.ts";
import { tellSystemd } from "./systemd.ts";

type Options = Values<typeof brokerOptions> & { readonly timeout: number; readonly verbose: boolean };

/** Between two tries to deliver what --queue-dir has. */
const DRAIN_SECONDS = 10;

/** Relays until SIGTERM. @returns the exit code */
export async function start(
  options: Options,
  { reading, target }: { readonly reading: Reading; readonly target: Delivery },
  context: ProgramContext,
): Promise<Status> {
  sparingly();
  const log = (line: string) => void context.print(`${line}\n`);
  const now = () => context.now();
  const deadLetters = options.deadLetterDir === undefined ? undefined : openFolder(options.deadLetterDir);
  const detail = options.verbose ? log : () => {};
  const ledger = new Ledger(target.name, now);
  const relay = new Relay({ reading, target, ledger, deadLetters, log, detail, now });
  const { vhost, prefetch, maxMessage, timeout: seconds, fromAuthFile: login } = options;
  const tls = { ca: options.fromCa, serverName: options.fromServerName };
  const stomp = { login, vhost, tls, prefetch, maxMessage, seconds };
  const stop = context.stopped();
  const unwritten = (error: Error) => log(`--status-file: ${error.message}`);
  const endWriting = writeStatus(options.statusFile, () => ledger.snapshot(), unwritten);
  const endTelling = tellSystemd(context.env);
  const endDraining = keepDraining(
    target,
    DRAIN_SECONDS,
    (result, { kind, text }) => {
      // what the core does not take, or was dropped, is gone: said in any case
      const isThere = kind === "processed" || kind === "accepted" || kind === "older";
      const line = `${result === undefined ? "queue" : objectName(result)}: ${kind}: ${printable(text)}`;
      (isThere ? detail : log)(line);
    },
    (error) => log(`--queue-dir: ${printable(error.message)}`),
  );
  try {
    return await relayUntilStopped({ sources: options.from, options: stomp, relay, ledger, stop, log, now });
  } finally {
    endTelling();
    endWriting();
    await endDraining();
    await target.close();
  }
}

function writeStatus(path: string | undefined, take: () => Snapshot, failed: (error: Error) => void): () => void {
  if (path === undefined) return () => {};
  try {
    return keepWriting(path, take, failed);
  } catch (cause) {
    throw new UsageError(`--status-file: ${(cause as Error).message}`, { cause });
  }
}

function openFolder(path: string): DeadLetters {
  try {
    return new DeadLetters(path);
  } catch (cause) {
    throw new UsageError(`--dead-letter-dir: ${(cause as Error).message}`, { cause });
  }
}
