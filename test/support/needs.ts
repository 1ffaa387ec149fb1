import { lacking, type Program } from "./debian.ts";

/**
 * Options for a test that runs real programs: `test(name, { ...needs("gearmand") }, fn)`.
 *
 * With `CI=true` nothing is skipped: the test runs, and fails where it starts the missing program, with the same sentence.
 */
export function needs(...programs: readonly Program[]): { skip: string | false } {
  if (process.env.CI === "true") return { skip: false };
  return { skip: lacking(...programs) ?? false };
}
