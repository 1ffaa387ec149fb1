import { judge, Status } from "monitoring-plugins-ts";

import type { Facts } from "./facts.ts";
import { dumpAge, stateFileAge } from "./proxy.ts";
import type { Rules } from "./rules.ts";
import type { Surroundings } from "./verdict.ts";

/** What is known around each site, in their order; what they have in common is worked out once. The past is not asked for. */
export function surroundingsOf(
  { nowMs, proxy, sites }: Pick<Facts, "nowMs" | "proxy" | "sites">,
  rules: Pick<Rules, "stateAge">,
): readonly Surroundings[] {
  const { stateFile, daemon } = proxy ?? {};
  const states = new Map(stateFile?.sites.map((state) => [state.id, state]));
  const fileAge = stateFile === undefined ? undefined : stateFileAge(stateFile, nowMs);
  const isMasterAlive = daemon?.state === "running" || daemon?.state === "hidden";
  const isOutdated = (age: number) => judge(age, rules.stateAge.critical) !== Status.OK;
  const alone: Surroundings = {
    nowMs,
    isMasterAlive: false,
    masterAge: undefined,
    isUnlisted: false,
    state: undefined,
    stateAge: undefined,
    process: undefined,
    past: undefined,
  };
  return sites.map(({ id, isProxied }) => {
    if (!isProxied) return alone;
    const state = states.get(id);
    const stateAge =
      state === undefined ? undefined : Math.max(0, dumpAge(state, stateFile?.writtenMs, nowMs) ?? fileAge ?? 0);
    return {
      nowMs,
      isMasterAlive,
      masterAge: daemon?.age,
      isUnlisted: states.size > 0 && !states.has(id),
      // what was true a minute ago explains nothing now
      state: isOutdated(Math.max(stateAge ?? 0, fileAge ?? 0)) ? undefined : state,
      stateAge,
      process: daemon?.sites === undefined ? undefined : (daemon.sites.get(id) ?? "gone"),
      past: undefined,
    };
  });
}
