import { Status } from "../plugin/status.ts";
import { numberCell, positiveCell, textCell } from "./answer.ts";
import { LivestatusError } from "./failure.ts";

/** What LMD's table `sites` says of a peer; an unknown number is a state of a later version. */
export const PEER_STATES = ["up", "stale", "down", "broken", "pending", "syncing"] as const;
export type PeerState = (typeof PEER_STATES)[number] | "unknown";

/** A backend that LMD polls. */
export interface Peer {
  /** The id of LMD's configuration. */
  readonly key: string;
  readonly name: string;
  readonly state: PeerState;
  /** Empty while the peer is up. */
  readonly lastError: string;
  /** Unix time of the last successful update; undefined: never. */
  readonly lastOnline: number | undefined;
  /** Seconds the last successful update took. */
  readonly responseTime: number | undefined;
  /** No client has asked for a while, so that LMD updates rarely. */
  readonly idling: boolean;
  /** Unix time on LMD's host when it answered. */
  readonly now: number | undefined;
  /** Counters since LMD's start. */
  readonly queries: number | undefined;
  readonly bytesSent: number | undefined;
  readonly bytesReceived: number | undefined;
}

/** The columns that {@link readPeers} reads, in its order. `sites` wakes no idle peer and answers with all of them down. */
export const PEER_COLUMNS = [
  "peer_key",
  "peer_name",
  "status",
  "last_error",
  "last_online",
  "response_time",
  "idling",
  "localtime",
  "queries",
  "bytes_send",
  "bytes_received",
] as const;

/** @throws {@link LivestatusError} for a row without key or status */
export function readPeers(rows: readonly (readonly unknown[])[]): readonly Peer[] {
  return rows.map((row) => {
    const key = textCell(row[0]);
    const status = numberCell(row[2]);
    if (key === undefined || status === undefined) {
      throw new LivestatusError(Status.CRITICAL, "no data", "answers without data (a site without key or status)");
    }
    return {
      key,
      name: textCell(row[1]) ?? key,
      state: PEER_STATES[status] ?? "unknown",
      lastError: textCell(row[3]) ?? "",
      lastOnline: positiveCell(row[4]),
      responseTime: numberCell(row[5]),
      idling: numberCell(row[6]) === 1,
      now: positiveCell(row[7]),
      queries: numberCell(row[8]),
      bytesSent: numberCell(row[9]),
      bytesReceived: numberCell(row[10]),
    };
  });
}
