import { statSync } from "node:fs";
import { join } from "node:path";

import { CheckError, Status, UsageError } from "monitoring-plugins-ts";

import type { LivestatusAddress } from "monitoring-plugins-ts/livestatus";

import type { LmdAddress } from "./lmd-probe.ts";
import type { ProxyPlaces } from "./probe.ts";

interface PlaceOptions {
  readonly omdSite: string | undefined;
  readonly omdRoot: string | undefined;
  readonly socketDir: string | undefined;
  readonly stateFile: string | undefined;
  readonly pidFile: string | undefined;
  readonly hostname: readonly LivestatusAddress[];
  readonly lmd: readonly LmdAddress[];
}

/** Options that mean nothing beside others. */
interface DependentOptions extends PlaceOptions {
  readonly site: readonly unknown[];
  readonly include: readonly unknown[];
  readonly exclude: readonly unknown[];
  readonly tls: boolean;
  readonly tlsCa: unknown;
  readonly tlsCert: unknown;
  readonly tlsServerName: unknown;
  readonly tlsNoNameCheck: boolean;
}

/**
 * An option that changes nothing would let its user believe that something is checked which is not.
 *
 * @throws UsageError naming the option
 */
export function refuseMeaningless(options: DependentOptions, places: ProxyPlaces | undefined): void {
  const { hostname, lmd, site, include, exclude } = options;
  if (places === undefined && lmd.length === 0) {
    const [selecting] = given({ "-s": site, "--include": include, "--exclude": exclude });
    if (selecting !== undefined) {
      throw new UsageError(`${selecting} selects sites of a proxy or an LMD, and means nothing with -H alone`);
    }
  }
  const { tls, tlsCa, tlsCert, tlsServerName, tlsNoNameCheck } = options;
  if (![...hostname, ...lmd.map(({ at }) => at)].some(canSpeakTls)) {
    const [ofTls] = given({
      "--tls": tls,
      "--tls-ca": tlsCa,
      "--tls-cert": tlsCert,
      "--tls-server-name": tlsServerName,
      "--tls-no-name-check": tlsNoNameCheck,
    });
    if (ofTls !== undefined) {
      throw new UsageError(`${ofTls} means nothing here: no address that is asked can speak TLS`);
    }
  }
}

const canSpeakTls = (at: LivestatusAddress | URL) =>
  at instanceof URL ? at.protocol === "https:" : !("path" in at.endpoint);

/** The names of those that were given. */
const given = (options: Readonly<Record<string, unknown>>) =>
  Object.entries(options).flatMap(([name, value]) =>
    value === undefined || value === false || (Array.isArray(value) && value.length === 0) ? [] : [name],
  );

/**
 * An OMD site that is not there is a mistake in the command line, not a proxy that is down.
 *
 * @throws CheckError UNKNOWN
 */
export function requireOmdSite({ omdSite, omdRoot }: PlaceOptions): void {
  const root = omdSite === undefined ? omdRoot : join("/omd/sites", omdSite);
  if (root === undefined) return;
  try {
    if (statSync(root).isDirectory()) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") return;
  }
  const what = omdSite === undefined ? `OMD site at ${root}` : `OMD site ${omdSite} (${root})`;
  throw new CheckError(Status.UNKNOWN, `no ${what}`);
}

/** Where the proxy keeps its things; nowhere when only addresses were named. @throws UsageError when nothing was named */
export function readPlaces(options: PlaceOptions): ProxyPlaces | undefined {
  const { omdSite, socketDir, stateFile, pidFile } = options;
  if (omdSite !== undefined && options.omdRoot !== undefined) {
    throw new UsageError("-O and --omd-root exclude each other");
  }
  const isOneByOne = [socketDir, stateFile, pidFile].some((place) => place !== undefined);
  const isElsewhere = isOneByOne || options.hostname.length + options.lmd.length > 0;
  const root =
    omdSite !== undefined
      ? join("/omd/sites", omdSite)
      : (options.omdRoot ?? (isElsewhere ? undefined : process.env.OMD_ROOT || undefined));
  if (root === undefined && !isElsewhere) {
    throw new UsageError("nothing to check: need -O, --omd-root, --socket-dir, -H or --lmd, or $OMD_ROOT");
  }
  if (root === undefined) return isOneByOne ? { socketDir, stateFile, pidFile } : undefined;
  return {
    socketDir: socketDir ?? join(root, "tmp/run/liveproxy"),
    stateFile: stateFile ?? join(root, "var/log/liveproxyd.state"),
    pidFile: pidFile ?? join(root, "tmp/run/liveproxyd.pid"),
  };
}
