import type { TestContext } from "node:test";

import type { Gearmand } from "../servers/gearmand.ts";
import type { Owner } from "./owner.ts";

/** What the tests that run over all plugins need of one: the default export of `plugins/<name>/test/fixtures.ts`. */
export interface Fixtures {
  /** Arguments with which it has something to look at, and perfdata to print; it is run with `--version` unless given. */
  ordinary?(t: TestContext): Promise<readonly string[]>;
  /** The options that say where and at what it looks: without a value it would look at something else. */
  readonly selecting: readonly string[];
  /**
   * Runs a check until it has printed all that it declares.
   *
   * @param thresholds arguments that set all thresholds there are, to what alerts nobody
   */
  everything?(
    t: TestContext,
    run: (...args: readonly string[]) => Promise<void>,
    thresholds: readonly string[],
  ): Promise<void>;
  /** Variables of a service in Icinga 2: what it needs to look at a job server, and options of every kind; none unless given. */
  icinga?(server: Gearmand, keyFile: string, owner: Owner): readonly string[] | Promise<readonly string[]>;
  /** Services of the farm that the dashboards are asked about, for a row of its own: variables by title. */
  monitored?(owner: Owner): Promise<Readonly<Record<string, readonly string[]>>>;
}
