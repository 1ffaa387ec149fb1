import type { MetricDeclaration } from "monitoring-plugins-ts";

/** What a placeholder of a label may stand for, as a regular expression. See `safeLabel` and `endpointLabel`. */
const NAME = "[A-Za-z0-9_.-]+";
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

/** Whether there is a name in every label of the declaration, which tells them apart. */
export const isNamed = (label: string) => required(label).includes("<");

/** The declaration a printed label belongs to: of several that fit, the one that says most of it. */
export function declarationOf(
  label: string,
  declarations: readonly MetricDeclaration[],
): MetricDeclaration | undefined {
  const fitting = declarations.filter(
    (declared) => declared.relayed !== true && new RegExp(labelPattern(declared.label)).test(label),
  );
  return fitting.toSorted((a, b) => ending(b.label).length - ending(a.label).length)[0];
}
