import { flagsOf } from "./arguments.ts";
import { type Options, option } from "./option.ts";
import { type Result, verdict } from "./result.ts";
import { parseStatus, type Status } from "./status.ts";

/** `--unjudged`, for plugins with thresholds that cannot always be judged. */
export const unjudgedOption = (section: string) =>
  option({
    flags: "--unjudged <state>",
    help: "When a threshold that was given cannot be judged.",
    section,
    parse: parseStatus,
    default: "unknown",
  });

/** What was asked for, and the state for what of it cannot be known. */
export interface Asked {
  readonly options: Options;
  /** See `given` of the plugin's context. */
  readonly given: ReadonlySet<string>;
  /** That of {@link unjudgedOption}. */
  readonly unjudged: Status;
}

/**
 * A threshold that was given and is never looked at must not read as OK. What is there by default may be without a value.
 *
 * @param keys of the thresholds, by the names the code uses
 * @returns a leaf that names those of them that were given; none when none was
 */
export function unjudged(keys: readonly string[], why: string, { options, given, unjudged }: Asked): readonly Result[] {
  const flags = keys.flatMap((key) => {
    const one = options[key];
    return one !== undefined && given.has(key) ? flagsOf(one).slice(-1) : [];
  });
  return flags.length === 0 ? [] : [verdict(unjudged, `${flags.join(", ")} cannot be judged: ${why}`)];
}
