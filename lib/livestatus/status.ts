import { Status } from "../plugin/status.ts";
import { countCell, numberCell, positiveCell, textCell } from "./answer.ts";
import { LivestatusError } from "./failure.ts";
import type { Query } from "./query.ts";
import type { Session } from "./session.ts";

/** One row of the table `status`: the monitoring core that answered, directly or through a proxy. */
export interface CoreStatus {
  /** Unix time of the start, or of the last configuration reload. */
  readonly programStart: number | undefined;
  /** Such as `r2.13.6-1-icinga2`. */
  readonly programVersion: string | undefined;
  readonly livestatusVersion: string | undefined;
  /** Process id of the core on its own host. */
  readonly pid: number | undefined;
  /** Livestatus connections open at the moment; undefined where the core does not count them. */
  readonly activeConnections: number | undefined;
  /** Places the core has for Livestatus connections; undefined where it does not tell. */
  readonly threads: number | undefined;
  /** Part of these places in use, 0 to 1, as the core itself averages it; undefined where it does not. */
  readonly usage: number | undefined;
}

const COLUMNS = ["program_start", "program_version", "livestatus_version", "nagios_pid"];

/**
 * Not every core has these. Checkmk, Naemon and LMD answer `null` or an empty text in place of a column they do not know.
 * Icinga refuses the query, and is asked again without them: those of them that it has are always 0.
 */
const OPTIONAL = ["livestatus_active_connections", "livestatus_threads", "livestatus_usage"];

const FULL: Query = { table: "status", columns: [...COLUMNS, ...OPTIONAL] };
const SAFE: Query = { table: "status", columns: COLUMNS };

/** Codes for a column that does not exist, of Shinken and of Icinga. */
const NO_COLUMN: readonly (number | undefined)[] = [450, 452];

/**
 * Asks for the core's own state, which costs it nothing. Through LMD it is the state of the first backend that is up.
 *
 * @param columns `safe`: only those that every core has, for one that closes the connection on meeting another
 * @throws {@link LivestatusError} when there is no answer, or one without the data
 */
export async function fetchCoreStatus(session: Session, columns: "all" | "safe" = "all"): Promise<CoreStatus> {
  const [row] = columns === "safe" ? await session.ask(SAFE) : await askStatus(session);
  if (row === undefined) throw noData("no row in table status: no backend up");
  if (row.length < COLUMNS.length) throw noData(`${row.length} of ${COLUMNS.length} columns of table status`);
  // cores that do not count say 0 of 0
  const threads = countCell(row[5]) || undefined;
  const usage = numberCell(row[6]);
  const status: CoreStatus = {
    programStart: positiveCell(row[0]),
    programVersion: textCell(row[1]),
    livestatusVersion: textCell(row[2]),
    pid: positiveCell(row[3]),
    activeConnections: threads === undefined ? undefined : countCell(row[4]),
    threads,
    usage: usage !== undefined && usage >= 0 && usage <= 1 ? usage : undefined,
  };
  if (status.programStart === undefined && status.programVersion === undefined) {
    throw noData("neither start nor version of the core");
  }
  return status;
}

async function askStatus(session: Session): Promise<readonly (readonly unknown[])[]> {
  try {
    return await session.ask(FULL);
  } catch (error) {
    if (error instanceof LivestatusError && NO_COLUMN.includes(error.code)) return session.ask(SAFE);
    throw error;
  }
}

/**
 * Unix time of the newest service check: it stands still when the core answers but no longer checks. Undefined when no
 * service was ever checked.
 *
 * @throws {@link LivestatusError} when there is no answer, or one without the data
 */
export async function fetchLastCheck(session: Session): Promise<number | undefined> {
  const [row] = await session.ask({ table: "services", stats: ["max last_check"] });
  if (row === undefined) throw noData("no row for the newest check");
  return positiveCell(row[0]);
}

const noData = (what: string) => new LivestatusError(Status.CRITICAL, "no data", `answers without data (${what})`);
