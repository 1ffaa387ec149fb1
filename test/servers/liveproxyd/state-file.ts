import { renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import type { SiteReport } from "./config.ts";

/** The state file as the real one prints it; `dumpMs` is the time it claims to be written, which ages do not depend on. */
export function formatState(sites: readonly SiteReport[], nowMs: number, dumpMs = nowMs): string {
  return `${"-".repeat(46)}\nCurrent state:\n${sites.map((site) => formatSite(site, nowMs, dumpMs)).join("")}`;
}

/** Through a temporary file, so that a reader sees whole files. */
export function writeState(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.new${process.pid}`);
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

function formatSite(site: SiteReport, nowMs: number, dumpMs: number): string {
  const field = (label: string, value: string | number) => `  ${`${label}:`.padEnd(25)}${value}\n`;
  const when = (ms: number | undefined) => (ms === undefined ? "Never" : `${stamp(ms)} (${age(nowMs - ms)})`);
  return [
    `[${site.id}]\n`,
    field("State", site.state),
    field("State dump time", `${stamp(dumpMs)} (0:00:00)`),
    field("Last reset", when(site.resetMs)),
    field("Site's last reload", when(site.resetMs)),
    field("Last failed connect", when(site.failedConnectMs)),
    field("Last failed error", site.lastError ?? "None"),
    field("Cached responses", 0),
    "  Channels:\n",
    ...site.channels.map(
      ({ fd, state, client, sinceMs }) =>
        `${String(fd).padStart(8)} - ${state.padEnd(18)}-  client: ${client} - since: ${stamp(sinceMs)} (${age(nowMs - sinceMs)})\n`,
    ),
    "  Clients:\n",
    ...site.clients.map((client) => `    ${client}\n`),
    "  Heartbeat:\n",
    `    heartbeats received: ${site.heartbeats}\n`,
    `    next in ${(site.nextHeartbeatMs / 1000).toFixed(1)}s\n`,
    "  Inventory:\n",
    "    State: not running\n",
    `    Last update: ${when(site.resetMs)}\n`,
  ].join("");
}

/** Local time without zone. */
function stamp(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace("T", " ");
}

/** As Python prints a timedelta, without its fractions. */
export function age(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const two = (n: number) => String(n).padStart(2, "0");
  const time = `${Math.floor(rest / 3600)}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return days === 0 ? time : `${days} ${Math.abs(days) === 1 ? "day" : "days"}, ${time}`;
}
