import { Status, urgency } from "monitoring-plugins-ts";
import type { ProcessUse, TitledProcess } from "monitoring-plugins-ts/linux";
import type { LivestatusError, SiteState } from "monitoring-plugins-ts/livestatus";

import type { Past, SiteFacts } from "./facts.ts";
import { shown } from "./words.ts";

/** What is said of something: a state and the words for it. */
export interface Finding {
  readonly status: Status;
  readonly text: string;
  /** It is about the site's process here, whatever the site itself does. */
  readonly isOfProcess?: true;
}

/** Where a site stands, for the totals. */
export type Standing = "ready" | "starting" | "down" | "not judged";

/** The verdict on one site. */
export interface SiteVerdict {
  readonly id: string;
  readonly standing: Standing;
  /** It does not answer because the whole proxy is gone: nothing else than that is wrong with it. */
  readonly isCollateral: boolean;
  readonly findings: readonly Finding[];
}

/** A verdict before its site is named. */
export type Judged = Omit<SiteVerdict, "id">;

/** What is known of the proxy when one of its sites is judged. */
export interface Surroundings {
  readonly nowMs: number;
  /** The daemon's master process is alive. */
  readonly isMasterAlive: boolean;
  /** Seconds since the master started. */
  readonly masterAge: number | undefined;
  /** The state file lists sites, and this one is not among them. */
  readonly isUnlisted: boolean;
  /** What the state file says of the site, unless it is too old to count. */
  readonly state: SiteState | undefined;
  /** Seconds since the state file was written. */
  readonly stateAge: number | undefined;
  /** The site's own process; `gone` when the master has none for it. */
  readonly process: (TitledProcess & ProcessUse) | "gone" | undefined;
  /** What earlier runs saw; undefined when nothing is remembered. */
  readonly past: Past | undefined;
}

/** A master restarts a site process within so many seconds. */
export const RESTART_CYCLE = 10;

/** Clocks and the resolution of files differ by so many seconds without a reason to worry. */
export const CLOCK_SLACK = 5;

/** The check could not look: that says nothing about the site. */
export const isOwnFault = ({ status }: LivestatusError) => status === Status.UNKNOWN;

/** How sentences name it: a site of the proxy, or an address. */
export const siteName = ({ id, isProxied }: SiteFacts) => (isProxied ? `Site ${shown(id)}` : shown(id));

/** The worst first. */
export const byUrgency = (findings: readonly Finding[]) =>
  findings.toSorted((a, b) => urgency(b.status) - urgency(a.status));
