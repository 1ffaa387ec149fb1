import { Status } from "../plugin/status.ts";
import { cutItems, type PassiveResult, startOf } from "./result.ts";

/** A core takes 0 for a host that is UP and 1 for one that is DOWN; of a service the code itself. */
export const hostOrServiceCode = ({ service, exitCode }: Pick<PassiveResult, "service" | "exitCode">): Status =>
  service === undefined && exitCode !== Status.OK ? Status.WARNING : exitCode;

/** Behind what was cut. */
const MARK = "\\n(cut)";

/**
 * Output and perfdata in one line, as Nagios and Mod-Gearman read them: line feeds and backslashes escaped, a bar between the two, and
 * none before, which would begin the perfdata.
 *
 * @param maxBytes longest line; perfdata gets half of it at least
 */
export function formatOutput(
  { output, perfdata }: Pick<PassiveResult, "output" | "perfdata">,
  maxBytes = Number.POSITIVE_INFINITY,
): { readonly text: string; readonly isCut: boolean } {
  const text = escaped(output.replaceAll("|", "/"));
  const items = perfdata === "" ? "" : `|${escaped(perfdata)}`;
  const length = Buffer.byteLength(text);
  if (length + Buffer.byteLength(items) <= maxBytes) return { text: text + items, isCut: false };
  const half = Math.max(Math.floor(maxBytes / 2), maxBytes - length);
  const kept = Buffer.byteLength(items) <= half ? items : cutItems(items, half);
  return { text: cutAtLine(text, maxBytes - Buffer.byteLength(kept)) + kept, isCut: true };
}

const escaped = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

/** Cut between two lines; within the first one where that is too long by itself. */
function cutAtLine(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  // not within an escape
  const start = startOf(text, maxBytes - MARK.length).replace(/(?<!\\)((?:\\\\)*)\\$/, "$1");
  const ends = Array.from(start.matchAll(/\\[\\n]/g)).filter(([found]) => found === "\\n");
  return start.slice(0, ends.at(-1)?.index ?? start.length) + MARK;
}
