import { counted, judge, Status } from "monitoring-plugins-ts";
import { isBusy, type SiteState } from "monitoring-plugins-ts/livestatus";

import type { Past } from "./facts.ts";
import type { Rules } from "./rules.ts";
import type { Finding } from "./verdict.ts";
import { span } from "./words.ts";

/** Seconds between two heartbeats, unless the proxy was told otherwise. */
const HEARTBEAT_INTERVAL = 5;

/** What the channels of a ready site tell. Ages are those at the time the state file was written. */
export function judgeChannels(
  name: string,
  state: SiteState,
  rules: Rules,
  wasServedAtOnce: boolean,
  past: Past | undefined,
): readonly Finding[] {
  const { channels, clients } = state;
  const total = channels.length;
  const findings: Finding[] = [];
  const busy = busyChannels(state, wasServedAtOnce);
  const crowded = judge(busy, rules.busy.warning.of(total), rules.busy.critical.of(total));
  if (crowded !== Status.OK) {
    const text = `${name}: ${busy} of ${counted(total, "channel")} busy, ${counted(clients, "client")}`;
    findings.push({ status: crowded, text });
  }

  const few = judge(total, rules.channels.warning, rules.channels.critical);
  if (few !== Status.OK) {
    const least = Math.max(rules.channels.warning?.start ?? 0, rules.channels.critical?.start ?? 0);
    const expected = Number.isFinite(least) && least > total ? ` of ${least}` : "";
    findings.push({ status: few, text: `${name} is ready with ${total}${expected} channels` });
  }

  if (total === 0 && few === Status.OK) {
    const text = `${name} is ready by the state file, which lists no channel: it contradicts itself`;
    findings.push({ status: Status.WARNING, text });
  }

  for (const { number, state: what, age } of channels) {
    if (what === "ready" || age === undefined) continue;
    const status = judge(age, rules.query.warning, rules.query.critical);
    if (status === Status.OK) continue;
    findings.push({ status, text: `${name}: query running for ${span(age)} on channel ${number}` });
  }

  const heartbeat = heartbeatAge(state, past);
  if (heartbeat !== undefined) {
    const status = judge(heartbeat, rules.heartbeat.warning, rules.heartbeat.critical);
    if (status !== Status.OK) findings.push({ status, text: `${name}: no heartbeat for ${span(heartbeat)}` });
  }
  return findings;
}

/**
 * Channels that clients use. A query that was served at once had a channel of its own, so not all of them can have been in
 * use, whatever a file says that is up to five seconds old.
 */
export function busyChannels({ channels }: SiteState, wasServedAtOnce: boolean): number {
  const busy = channels.filter(isBusy).length;
  return wasServedAtOnce && busy === channels.length ? Math.max(0, busy - 1) : busy;
}

/**
 * Seconds since the site's last heartbeat, as far as the state file tells: by the time the next one is due, and by the
 * channel that had something to do last, as heartbeats visit them in turn; and between two runs by their number.
 */
export function heartbeatAge({ channels, nextHeartbeat }: SiteState, past: Past | undefined): number | undefined {
  let youngest: number | undefined;
  for (const { age } of channels) if (age !== undefined && !(youngest !== undefined && youngest <= age)) youngest = age;
  if (channels.some(isBusy)) youngest = undefined;
  const overdue = nextHeartbeat === undefined ? undefined : HEARTBEAT_INTERVAL - nextHeartbeat;
  const ages = [youngest, overdue, past?.beatlessFor].filter((age) => age !== undefined);
  return ages.length === 0 ? undefined : Math.max(...ages);
}
