import { readFileSync } from "node:fs";
import { join } from "node:path";

import { CONTRIB } from "./recorder.ts";

interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  /** InfluxQL. */
  readonly query?: string;
  readonly alias?: string;
  /** Of Graphite. */
  readonly target?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: GridPos;
  readonly targets?: readonly Target[];
  readonly transformations?: readonly {
    readonly options: { readonly regex: string; readonly renamePattern: string };
  }[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
  readonly regex: string;
  readonly allValue?: string;
}

/** A dashboard as it is shipped. */
export interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

export const readDashboard = (name: string) =>
  JSON.parse(readFileSync(join(CONTRIB, "grafana", `${name}.json`), "utf8")) as Dashboard;

/**
 * Fills variables in as Grafana does.
 *
 * @param chosen values by the names of variables; one that is missing has all
 */
export function fillIn(
  { templating }: Dashboard,
  text: string,
  chosen: Readonly<Record<string, readonly string[]>> = {},
): string {
  return text.replace(/\$\{(\w+):(regex|glob)\}/g, (_, name: string, format: "regex" | "glob") => {
    const values = chosen[name];
    const variable = templating.list.find((known) => known.name === name);
    if (variable?.allValue === undefined) throw new Error(`the dashboard has no variable ${name}`);
    // a custom value for "All" goes in as it is
    if (values === undefined) return variable.allValue;
    const [first = ""] = values;
    if (format === "glob") return values.length === 1 ? first : `{${values.join(",")}}`;
    const escaped = values.map((value) => value.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    return escaped.length === 1 ? escaped.join() : `(${escaped.join("|")})`;
  });
}

/** What a variable offers, made from the answer to its query. */
export function offered({ regex }: Variable, answer: readonly string[]): readonly string[] {
  if (regex === "") return [...new Set(answer)].sort();
  const pattern = new RegExp(regex.slice(1, -1));
  return [...new Set(answer.flatMap((value) => pattern.exec(value)?.[1] ?? []))].sort();
}
