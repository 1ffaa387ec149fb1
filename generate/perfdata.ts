import type { MetricDeclaration } from "monitoring-plugins-ts";

/** What a placeholder of a label may stand for, as a regular expression: a queue may have no name at all. See `safeLabel` and `endpointLabel`. */
const NAME = "[A-Za-z0-9_.-]*";
const SERVER = "[A-Za-z0-9.-]+-[0-9]+";

/** The labels that a declaration stands for, as a regular expression for JavaScript as well as for Go: `[<site>_]time`. */
export function labelPattern(label: string): string {
  const pattern = label
    .replaceAll("[", "(?:")
    .replaceAll("]", ")?")
    .replace(/<(\w+)>/g, (_, name) => (name === "server" ? SERVER : NAME));
  return `^${pattern}$`;
}

/** What a label ends in, whatever it begins with: `_waiting` of `[<server>_]<queue>_waiting`, all of `sites_down`. */
export const ending = (label: string) => label.replace(/^.*[>\]]/, "");

/** Without the parts that may be missing. */
export const required = (label: string) => label.replaceAll(/\[.*?\]/g, "");

/** What Grafana makes of labels that end so: the name of the queue. */
export const queueIn = (ends: readonly { readonly end: string }[]) =>
  `/^(?:${SERVER}_)?(.+)(?:${ends.map(({ end }) => end).join("|")})$/`;

/** Whether there is a name in every label of the declaration, which tells them apart. */
export const isNamed = (label: string) => required(label).includes("<");

/**
 * The declarations a printed label may belong to: of those that fit, the ones that say most of it. Two are left where a server's
 * total cannot be told from a queue that is named like a server.
 */
export function declarationsOf(
  label: string,
  declarations: readonly MetricDeclaration[],
): readonly MetricDeclaration[] {
  const fitting = declarations.filter(
    (declared) => declared.relayed !== true && new RegExp(labelPattern(declared.label)).test(label),
  );
  const said = ({ label }: MetricDeclaration) => ending(label).replace(/^_/, "").length;
  const most = Math.max(...fitting.map(said));
  return fitting.filter((declared) => said(declared) === most);
}
