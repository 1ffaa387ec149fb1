import { join } from "node:path";

import { UsageError } from "monitoring-plugins-ts";

import type { ProxyPlaces } from "./probe.ts";

interface PlaceOptions {
  readonly omdSite: string | undefined;
  readonly omdRoot: string | undefined;
  readonly socketDir: string | undefined;
  readonly stateFile: string | undefined;
  readonly pidFile: string | undefined;
  readonly hostname: readonly unknown[];
  readonly lmd: readonly unknown[];
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
