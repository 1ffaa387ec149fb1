import { EMPTY_NODE, plugin, race, raceTable } from "#test/bench/measure.ts";

const ROUNDS = 21;

/** How long check_template takes beside a Node that does nothing. */
export default async function bench(): Promise<string> {
  return raceTable(await race([EMPTY_NODE, { name: "one file", command: plugin("check_template") }], ROUNDS));
}
