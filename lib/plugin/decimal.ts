/** A decimal number as thresholds and perfdata know it: no exponent, no sign but `-`, no blanks. */
const DECIMAL = /^-?(?:\d+(?:\.\d*)?|\.\d+)$/;

/**
 * Reads a plain decimal number such as `10`, `-0.5` or `.25`.
 *
 * @returns `undefined` for anything else: exponents, hex, `inf`, blanks, a trailing unit.
 */
export function parseDecimal(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  // 400 digits are a decimal number too, but no double
  return Number.isFinite(value) ? value + 0 : undefined;
}

/**
 * {@link parseDecimal}, for an option that has to be a number.
 *
 * @throws Error naming the text
 */
export function parseNumber(text: string): number {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(`'${text}' is not a number`);
  return value;
}

/**
 * Prints a finite number in plain decimals. JavaScript's own form of very small and very large numbers has an exponent
 * (`1e-7`), which graphing tools read as the value 1 with the unit "e".
 */
export function formatDecimal(value: number): string {
  const text = String(value === 0 ? 0 : value);
  if (!text.includes("e")) return text;
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", first = "", rest = "", exponent = ""] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, "0");
}
