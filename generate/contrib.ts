import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import type { Declared } from "monitoring-plugins-ts";

import type { Curve, Graph, Row } from "./panels.ts";
import type { Service } from "./services.ts";

/** What a plugin offers those who run it: the default export of `plugins/<name>/contrib.ts`. */
export interface Contrib {
  /** Its -H is the host that a service belongs to, unless it is said otherwise. */
  readonly asksItsHost?: true;
  readonly services: readonly Omit<Service, "plugin">[];
  /** Its part of the dashboards. */
  readonly row: Omit<Row, "graphs"> & {
    readonly graphs: readonly (Omit<Graph, "curves"> & { readonly curves: readonly CurveOf[] })[];
  };
}

interface CurveOf extends Omit<Curve, "plugin" | "label"> {
  readonly of: Declared;
}

const PLUGINS = fileURLToPath(new URL("../plugins/", import.meta.url));

/** Those of all plugins that have one, by the plugin's name. */
export const CONTRIBS: ReadonlyMap<string, Contrib> = new Map(
  await Promise.all(
    readdirSync(PLUGINS)
      .filter((name) => existsSync(join(PLUGINS, name, "contrib.ts")))
      .sort()
      .map(async (name): Promise<[string, Contrib]> => {
        const module = await import(pathToFileURL(join(PLUGINS, name, "contrib.ts")).href);
        return [name, (module as { default: Contrib }).default];
      }),
  ),
);
