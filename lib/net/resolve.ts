import { isIP } from "node:net";
import { CheckError, noDescriptors } from "../plugin/error.ts";
import type { Signal } from "../plugin/signal.ts";
import { Status } from "../plugin/status.ts";
import { deadlineFailure, outOfDescriptors } from "./failure.ts";

const NOT_KNOWN = "Name or service not known";
const TEMPORARY = "Temporary failure in name resolution";
const OTHER_FAMILY = "Address family for hostname not supported";

/** Exit code of getent(1) for a key that is not in the database. */
const GETENT_NOT_FOUND = 2;

/**
 * The addresses of a host in the order to try them; never an empty list.
 *
 * An address is its own answer and `localhost` is known, so neither costs a lookup. All other names go through the system's
 * resolver with its hosts file and search list.
 *
 * @throws {@link CheckError} CRITICAL when the name has no address or the deadline came first, UNKNOWN when `host` is an address
 *   of the other family.
 */
export async function resolveHost(host: string, family: 4 | 6 | undefined, signal: Signal): Promise<readonly string[]> {
  const version = isIP(host);
  if (version !== 0) {
    if (family === undefined || family === version) return [host];
    throw new CheckError(Status.UNKNOWN, `${host} is not an IPv${family} address`);
  }
  if (host.toLowerCase() === "localhost") {
    return family === undefined ? ["127.0.0.1", "::1"] : [family === 4 ? "127.0.0.1" : "::1"];
  }
  return (await askGetent(host, family, signal)) ?? (await askNode(host, family, signal));
}

/**
 * Asks the system's resolver in a child process; undefined where there is no usable getent.
 *
 * A child, because Node's dns.lookup() blocks a thread in getaddrinfo(3), and process.exit() waits for that thread: with a
 * name server that does not answer, the exit came 30 seconds after its call. A child can be killed.
 */
async function askGetent(
  host: string,
  family: 4 | 6 | undefined,
  signal: Signal,
): Promise<readonly string[] | undefined> {
  const { spawn } = await import("node:child_process");
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve, reject) => {
    const child = spawn("getent", [`ahosts${family === undefined ? "" : `v${family}`}`, host], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    // without a descriptor there is a child without pipes
    if (child.stdout === undefined) {
      child.on("error", (error) => reject(noDescriptors(error) ?? error));
      return;
    }
    let output = "";
    const abort = () => {
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.unref();
      reject(deadlineFailure(signal, `cannot resolve ${host}`));
    };
    const settle = (code: number) => {
      signal.removeEventListener("abort", abort);
      resolve({ code, output });
    };
    child.stdout.setEncoding("latin1").on("data", (text: string) => {
      output += text;
    });
    child.on("error", () => settle(-1));
    child.on("close", (code) => settle(code ?? -1));
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
  if (code === GETENT_NOT_FOUND) throw unresolvable(host, await explainMissing(host, signal));
  if (code !== 0) return undefined;
  const found = new Set(output.split("\n").map((line) => line.replace(/\s.*/, "")));
  // ahostsv6 shows IPv4 addresses as ::ffff:192.0.2.10; who asked for IPv6 does not mean those
  const usable = [...found].filter((address) => isIP(address) !== 0 && !address.startsWith("::ffff:"));
  if (usable.length === 0) throw unresolvable(host, OTHER_FAMILY);
  return usable;
}

/** For systems without getent, at the price of an exit that may wait for the resolver. */
async function askNode(host: string, family: 4 | 6 | undefined, signal: Signal): Promise<readonly string[]> {
  const { lookup } = await import("node:dns");
  return new Promise((resolve, reject) => {
    const abort = () => reject(deadlineFailure(signal, `cannot resolve ${host}`));
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) return abort();
    lookup(host, { all: true, family: family ?? 0 }, (error, found) => {
      signal.removeEventListener("abort", abort);
      if (error !== null)
        reject(outOfDescriptors() ?? unresolvable(host, error.code === "EAI_AGAIN" ? TEMPORARY : NOT_KNOWN, error));
      else resolve(found.map(({ address }) => address));
    });
  });
}

/**
 * Tells a wrong name from a broken resolver, which getent's exit code does not: asks the name servers themselves, without
 * a thread, so this can be given up at any time.
 */
async function explainMissing(host: string, signal: Signal): Promise<string> {
  const { Resolver } = await import("node:dns");
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  return new Promise((resolve) => {
    const abort = () => resolver.cancel();
    signal.addEventListener("abort", abort, { once: true });
    resolver.resolve4(host, (error) => {
      signal.removeEventListener("abort", abort);
      const denied =
        error === null || error.code === "ENOTFOUND" || error.code === "ENODATA" || error.code === "EBADNAME";
      resolve(denied ? NOT_KNOWN : TEMPORARY);
    });
    if (signal.aborted) abort();
  });
}

function unresolvable(host: string, why: string, cause?: Error): CheckError {
  return new CheckError(Status.CRITICAL, `cannot resolve ${host}: ${why}`, { cause });
}
