import { closeSync, fchmodSync, fchownSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";

import { unusableName } from "./command-file.ts";
import type { Submit } from "./in-order.ts";
import { formatOutput, hostOrServiceCode } from "./output.ts";
import type { PassiveResult } from "./result.ts";

/** Nagios looks at no other names. */
const NAME = /^c\w{6}\.ok$/;

/** What has lain there for longer is not being read, whatever check_result_reaper_frequency says. */
const UNREAD_MS = 60_000;

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/**
 * The folder where Nagios and Naemon look for check results, `check_result_path`. A result is a file of its own, which they take
 * once there is an empty one with `.ok` behind its name.
 */
export function spool(path: string): Submit {
  let unread: string | undefined;
  return async (result) => {
    const failure = unusableName(result);
    if (failure !== undefined) return failure;
    try {
      unread ??= describeUnread(path);
      writeResult(path, describe(result));
      return { kind: "accepted", text: `in ${path}${unread}` };
    } catch (error) {
      return { kind: "lost", text: `cannot write to ${path}: ${words(error as NodeJS.ErrnoException)}`, again: true };
    }
  };
}

/** @throws Error of the file system */
function writeResult(folder: string, text: string): void {
  const { gid } = statSync(folder);
  const { path, fd } = create(folder);
  try {
    // the core may be another user, with the folder's group in common
    fchmodSync(fd, 0o660);
    tryTo(() => fchownSync(fd, -1, gid));
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
  } catch (error) {
    void unlink(path).catch(() => {});
    throw error;
  } finally {
    closeSync(fd);
  }
  closeSync(openSync(`${path}.ok`, "wx", 0o660));
}

/** A new file: a name is taken by whoever makes it. */
function create(folder: string): { readonly path: string; readonly fd: number } {
  for (;;) {
    const path = join(folder, `c${Array.from({ length: 6 }, randomLetter).join("")}`);
    try {
      return { path, fd: openSync(path, "wx", 0o600) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

const randomLetter = () => ALPHABET[Math.floor(Math.random() * ALPHABET.length)];

function tryTo(task: () => void): void {
  try {
    task();
  } catch {
    // not a member of the group: the core is this user, or others have been given the right
  }
}

/** All that a core reads of a check that it has run itself; `early_timeout` has to be there for Naemon, or it sees a timeout. */
function describe(result: PassiveResult): string {
  const { host, service, started, time } = result;
  return [
    `file_time=${Math.floor(Date.now() / 1000)}`,
    `host_name=${host}`,
    ...(service === undefined ? [] : [`service_description=${service}`]),
    "check_type=1",
    "check_options=0",
    "scheduled_check=0",
    "reschedule_check=0",
    "latency=0.0",
    `start_time=${(started ?? time).toFixed(6)}`,
    `finish_time=${time.toFixed(6)}`,
    "early_timeout=0",
    "exited_ok=1",
    `return_code=${hostOrServiceCode(result)}`,
    `output=${formatOutput(result).text}`,
    "",
  ].join("\n");
}

/** Said once in a run. */
function describeUnread(folder: string): string {
  const waiting = readdirSync(folder).filter((name) => NAME.test(name));
  const [oldest] = waiting
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    .sort((a, b) => a - b);
  const ageMs = Date.now() - (oldest ?? Date.now());
  if (ageMs < UNREAD_MS) return "";
  return `, where ${waiting.length} are waiting, for ${Math.round(ageMs / 1000)} s: the core does not read them`;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  ENOTDIR: "it is no folder",
  EACCES: "permission denied",
  ENOSPC: "no space left",
};

const words = ({ code = "", message }: NodeJS.ErrnoException) => WORDS[code] ?? message;
