// Reads plugin output by the letter of the conventions, and shares no code with lib/: a mistake made there must not be
// made here again.

/** One perfdata item. */
export interface Item {
  /** Without its quotes, `''` undone. */
  readonly label: string;
  /** undefined for `U`, "not determinable". */
  readonly value: number | undefined;
  readonly uom: string;
  /** Range as printed. */
  readonly warn: string | undefined;
  readonly crit: string | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

export interface Output {
  /** Everything before the first LF. */
  readonly firstLine: string;
  /** The first line's part before the `|`. */
  readonly text: string;
  readonly perfdata: readonly Item[];
  readonly long: readonly string[];
}

/** Units the guidelines know. A short list also unmasks exponents: `1e-7` would be 1 of the unit `e`. */
const PREFIXES = ["", ..."numkKMGTP"];
/** Those of the guidelines, and those that Icinga 2 knows besides. */
const UNITS = new Set([
  ...["", "s", "ms", "us", "ns", "m", "h", "d", "%", "c", "C", "F", "K", "t", "lm", "dBm", "packets"],
  ...["", ..."kKMGTPEZY"].flatMap((prefix) => [`${prefix}B`, `${prefix}b`]),
  ...[..."kKMGTPEZY"].flatMap((prefix) => [`${prefix}iB`, `${prefix}ib`]),
  ...["A", "V", "W", "O", "Ws", "Wh", "As", "Ah", "g", "l"].flatMap((unit) => PREFIXES.map((prefix) => prefix + unit)),
]);

const NUMBER = /^-?\d+(?:\.\d+)?$/;
const VALUE = /^(-?\d+(?:\.\d+)?)([^\d.,+-]*)$/;
const RANGE = /^(@?)(?:(~|-?\d+(?:\.\d+)?)?(:))?(-?\d+(?:\.\d+)?)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: to find them is the point
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

/** @throws Error that says what is malformed, and where. */
export function parseOutput(stdout: string): Output {
  if (stdout === "") fail("no output", stdout);
  if (!stdout.endsWith("\n")) fail("the last line has no LF", stdout);
  if (stdout.endsWith("\n\n")) fail("an empty last line", stdout);
  if (CONTROL.test(stdout)) fail("a control character", stdout);
  const [firstLine = "", ...long] = stdout.slice(0, -1).split("\n");
  for (const line of long) if (line.includes("|")) fail("a | in the long output", line);

  const bar = firstLine.indexOf("|");
  const text = (bar < 0 ? firstLine : firstLine.slice(0, bar)).replace(/ $/, "");
  if (text === "") fail("no text before the perfdata", firstLine);
  if (text.startsWith(" ") || text.endsWith(" ")) fail("blanks around the text", firstLine);
  if (text.includes(";")) fail("a ; in the text, which Nagios turns into :", firstLine);
  return { firstLine, text, perfdata: bar < 0 ? [] : parsePerfdata(firstLine.slice(bar + 1).replace(/^ /, "")), long };
}

/** The part after the `|`, without its leading blank. */
export function parsePerfdata(perfdata: string): readonly Item[] {
  const items: Item[] = [];
  let rest = perfdata;
  for (;;) {
    const [label, afterLabel] = takeLabel(rest);
    const end = afterLabel.indexOf(" ");
    items.push(parseItem(label, end < 0 ? afterLabel : afterLabel.slice(0, end)));
    if (end < 0) break;
    rest = afterLabel.slice(end + 1);
    if (rest === "") fail("a blank at the end of the perfdata", perfdata);
  }
  const labels = new Set(items.map(({ label }) => label));
  if (labels.size < items.length) fail("a label that is there twice", perfdata);
  const relayed = items.findIndex(({ label }) => label.includes("::"));
  if (relayed >= 0 && items.slice(relayed).some(({ label }) => !label.includes("::"))) {
    fail("a plain label after one with ::, which Icinga 2 would rename", perfdata);
  }
  return items;
}

/** The label, and what follows its `=`. */
function takeLabel(rest: string): [string, string] {
  const match = /^(?:'((?:[^']|'')+)'|([^'= |]+))=/.exec(rest);
  if (match === null) fail("no label", rest);
  const label = match[1]?.replaceAll("''", "'") ?? match[2] ?? "";
  if (label.includes("=") || label.includes("|")) fail("a label with = or |", rest);
  return [label, rest.slice(match[0].length)];
}

function parseItem(label: string, text: string): Item {
  const [measured = "", warn, crit, min, max, ...surplus] = text.split(";");
  const where = `${label}=${text}`;
  if (surplus.length > 0) fail("more than five fields", where);
  const [, digits, uom] = VALUE.exec(measured) ?? [];
  if (measured !== "U" && (digits === undefined || uom === undefined || !UNITS.has(uom))) fail("no value", where);
  const value = digits === undefined ? undefined : Number(digits);
  return {
    label,
    value,
    uom: uom ?? "",
    warn: range(warn, where),
    crit: range(crit, where),
    min: number(min, where),
    max: number(max, where),
  };
}

function number(text: string | undefined, where: string): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (!NUMBER.test(text)) fail(`'${text}' is not a number`, where);
  return Number(text);
}

function range(text: string | undefined, where: string): string | undefined {
  if (text === undefined || text === "") return undefined;
  const match = RANGE.exec(text);
  const [, , start, colon, end] = match ?? [];
  if (match === null || (colon === undefined && end === undefined)) fail(`'${text}' is not a range`, where);
  const low = start === "~" ? -Infinity : Number(start ?? 0);
  const high = end === undefined ? Infinity : Number(end);
  if (low > high) fail(`'${text}' starts above its end`, where);
  return text;
}

/** Whether a range as printed alerts; at its very end too, since a bare N may mean "N or more". */
export function alerts(range: string | undefined, value: number | undefined): boolean {
  if (range === undefined || value === undefined) return false;
  const [, inside, low, colon, high] = RANGE.exec(range) ?? [];
  const start = low === "~" ? Number.NEGATIVE_INFINITY : Number(low ?? 0);
  const end = high === undefined ? Number.POSITIVE_INFINITY : Number(high);
  if (inside !== "") return start <= value && value <= end;
  return value < start || value > end || (colon === undefined && value === end);
}

function fail(what: string, where: string): never {
  throw new Error(`malformed plugin output: ${what}: ${JSON.stringify(where)}`);
}
