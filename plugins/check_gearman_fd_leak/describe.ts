import { counted, formatDuration } from "monitoring-plugins-ts";

import type { ProcessFacts, ServerFacts, Top } from "./facts.ts";
import { ENOUGH_SAMPLES } from "./trend.ts";
import { enumerate, megabytes, signed } from "./words.ts";

/** Longest file name in a line. */
const LONGEST_NAME = 120;

/** What is known of one process, for the long output. */
export function describeProcess(name: string, process: ProcessFacts, window: number, commandLine: string): string[] {
  const { pid, user, rss, denied, unaccepted } = process;
  const memory = rss === undefined ? "" : `, ${megabytes(rss)} resident`;
  const lines = [`${name} (pid ${pid}, user ${user}${memory})`, ...kindLines(process), ...socketLines(process)];
  if (unaccepted > 0) {
    const waiting =
      unaccepted === 1
        ? "1 connection to the Gearman port waits"
        : `${unaccepted} connections to the Gearman port wait`;
    lines.push(
      `${waiting} for a process to accept ${unaccepted === 1 ? "it" : "them"}: it hangs, or is out of descriptors`,
    );
  }
  if (denied !== undefined) {
    const { owner } = denied;
    const remedy =
      owner === undefined
        ? ": it has rights that this account has not, look with CAP_SYS_PTRACE"
        : `, which this would have: sudo -u ${owner} ${commandLine}`;
    lines.push(`No right to see what its descriptors are${remedy}`);
  }
  return [...lines, ...trendLines(process, window)];
}

function kindLines({ kinds, fds }: ProcessFacts): string[] {
  if (kinds === undefined) return [];
  const { sampled, aborted, read } = kinds;
  const note = aborted
    ? ` (the oldest ${read} of ${fds}, then time was over)`
    : sampled
      ? ` (sample of ${read} of ${fds})`
      : "";
  const lines = [`Kinds${note}: ${enumerate(kinds.kinds)}`];
  if (kinds.repeated.length > 0) lines.push(`Open more than once: ${files(kinds.repeated)}`);
  if (kinds.deleted.length > 0) lines.push(`Deleted, still held: ${files(kinds.deleted)}`);
  return lines;
}

const files = (top: Top) =>
  top
    .map(([path, count]) => {
      return `${path.length > LONGEST_NAME ? `${path.slice(0, LONGEST_NAME)}...` : path} (${count})`;
    })
    .join(", ");

function socketLines({ sockets, user }: ProcessFacts): string[] {
  if (sockets === undefined || sockets.states.length === 0) return [];
  const whose = sockets.of === "user" ? ` of user ${user} on the Gearman port` : "";
  const lines = [`TCP sockets${whose}: ${enumerate(sockets.states)}`];
  if (sockets.peers.length > 0) lines.push(`Remote addresses: ${enumerate(sockets.peers)}`);
  return lines;
}

function trendLines({ trend }: ProcessFacts, window: number): string[] {
  if (trend === undefined) return [];
  const { fds, rss } = trend;
  const lines: string[] = [];
  if (fds.slope !== undefined) {
    const memory =
      rss?.slope === undefined
        ? ""
        : `, ${rss.slope < 0 ? "" : "+"}${megabytes((rss.slope * rss.span) / 3600)} of memory`;
    const change = Math.round((fds.slope * fds.span) / 3600);
    lines.push(`Trend: ${signed(change)} descriptors${memory} in ${formatDuration(fds.span)} (${fds.samples} samples)`);
  }
  if (fds.perHour === undefined) {
    const needed = `${formatDuration(window)} and ${ENOUGH_SAMPLES} samples`;
    lines.push(`Growth is judged from ${needed} on: ${formatDuration(fds.age)} and ${fds.samples} so far`);
  }
  return lines;
}

/** What the job server says, for the long output. */
export function describeServer({ server, workers, connections, idlePeers }: ServerFacts): string[] {
  const idle = connections - workers;
  const from = idlePeers.length === 0 ? "" : `: ${idlePeers.map(([ip, count]) => `${ip} ${count}`).join(", ")}`;
  return [
    `${server}: ${counted(connections, "connection")}, ${workers} of workers, ${idle} without a queue, this check's among them${from}`,
  ];
}
