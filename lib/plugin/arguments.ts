import type { Option, Options } from "./option.ts";

/** What was typed for each option, by the name the plugin's code uses; nothing parsed yet. */
export type Texts<O extends Options> = { readonly [K in keyof O]: readonly string[] };

/**
 * Splits a command line as getopt does: `-w10`, `-w 10`, `--warning=10`, `-vvv`; what follows an option that takes a value
 * is its value, whatever it looks like.
 *
 * The same can be had of commander, which words what is wrong with a command line; loading it takes longer than a whole
 * check, so it is for that alone.
 *
 * @param argv without interpreter and script
 * @param command takes what stands behind `--`, which otherwise is refused
 * @returns undefined for a command line with an unknown option, a missing value or a positional argument
 */
export function splitArguments<O extends Options>(
  options: O,
  argv: readonly string[],
  command?: string[],
): Texts<O> | undefined {
  const texts: Record<string, string[]> = {};
  const byFlag = new Map<string, { readonly typed: string[]; readonly takesValue: boolean }>();
  for (const [key, option] of Object.entries(options)) {
    const typed: string[] = [];
    texts[key] = typed;
    const found = { typed, takesValue: takesValue(option) };
    for (const flag of flagsOf(option)) byFlag.set(flag, found);
  }

  const rest = argv.values();
  for (const argument of rest) {
    if (argument === "--") {
      const behind = [...rest];
      command?.push(...behind);
      return command !== undefined || behind.length === 0 ? (texts as Texts<O>) : undefined;
    }
    if (!argument.startsWith("-") || argument === "-") return undefined;
    // one long option, or a cluster of short ones whose last may have a value
    const isLong = argument.startsWith("--");
    const end = isLong ? argument.indexOf("=") : 2;
    let flag = end < 0 ? argument : argument.slice(0, end);
    let attached = end < 0 ? undefined : argument.slice(isLong ? end + 1 : end);
    for (;;) {
      const option = byFlag.get(flag);
      if (option === undefined) return undefined;
      if (option.takesValue) {
        const next = isLong ? attached !== undefined : attached !== "";
        const value = next ? attached : rest.next().value;
        if (value === undefined) return undefined;
        option.typed.push(value);
        break;
      }
      option.typed.push("");
      if (isLong && attached !== undefined) return undefined;
      if (isLong || attached === undefined || attached === "") break;
      flag = `-${attached.charAt(0)}`;
      attached = attached.slice(1);
    }
  }
  return texts as Texts<O>;
}

export const takesValue = ({ kind }: Option<unknown>) => kind === "value" || kind === "list";

/** `-w` and `--warning` of `-w, --warning <range>`. */
export const flagsOf = ({ flags }: Option<unknown>) =>
  flags.split(" ").flatMap((word) => (word.startsWith("-") ? word.replace(",", "") : []));
