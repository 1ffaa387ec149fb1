import type { ProgramContext, Status, Values } from "monitoring-plugins-ts";
import { UsageError } from "monitoring-plugins-ts";
import type { Target } from "monitoring-plugins-ts/passive";

import { DeadLetters } from "./dead-letters.ts";
import type { Reading } from "./message.ts";
import type { brokerOptions } from "./options.ts";
import { Relay } from "./relay.ts";
import { relayUntilStopped } from "./run.ts";

type Options = Values<typeof brokerOptions> & { readonly timeout: number; readonly verbose: boolean };

/** Relays until SIGTERM. @returns the exit code */
export async function start(
  options: Options,
  { reading, target }: { readonly reading: Reading; readonly target: Target },
  context: ProgramContext,
): Promise<Status> {
  const log = (line: string) => void context.print(`${line}\n`);
  const now = () => context.now();
  const deadLetters = options.deadLetterDir === undefined ? undefined : openFolder(options.deadLetterDir);
  const detail = options.verbose ? log : () => {};
  const relay = new Relay({ reading, target, deadLetters, log, detail, now });
  const { vhost, prefetch, maxMessage, timeout: seconds, fromAuthFile: login } = options;
  const tls = { ca: options.fromCa, serverName: options.fromServerName };
  const stomp = { login, vhost, tls, prefetch, maxMessage, seconds };
  const stop = context.stopped();
  try {
    return await relayUntilStopped({ sources: options.from, options: stomp, relay, stop, log, now });
  } finally {
    await target.close();
  }
}

function openFolder(path: string): DeadLetters {
  try {
    return new DeadLetters(path);
  } catch (cause) {
    throw new UsageError(`--dead-letter-dir: ${(cause as Error).message}`, { cause });
  }
}
