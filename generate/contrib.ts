import type { Declared } from "monitoring-plugins-ts";

import type { Curve, Graph, Row } from "./panels.ts";
import { fromPlugins } from "./plugins.ts";
import type { Service } from "./services.ts";

/** What a plugin offers those who run it: the default export of `plugins/<name>/contrib.ts`. */
export interface Contrib {
  /** Its -H is the host that a service belongs to, unless it is said otherwise. */
  readonly asksItsHost?: true;
  /** Another suite has an executable of this name. The Debian package puts that one aside, with this behind its name. */
  readonly replaces?: string;
  readonly services?: readonly Omit<Service, "plugin">[];
  /** Its part of the dashboards. */
  readonly row?: Omit<Row, "graphs"> & {
    readonly graphs: readonly (Omit<Graph, "curves"> & { readonly curves: readonly CurveOf[] })[];
  };
}

interface CurveOf extends Omit<Curve, "plugin" | "label"> {
  readonly of: Declared;
}

/** Those of all plugins that have one, by the plugin's name. */
export const CONTRIBS = await fromPlugins<Contrib>("contrib.ts");
