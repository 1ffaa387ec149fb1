/**
 * Passive results: what somebody else's check found, submitted to a monitoring core, and what became of it.
 *
 * @packageDocumentation
 */
export { type Delivery, keepDraining, type Left } from "./delivery.ts";
export { formatCommand } from "./external-command.ts";
export { sparingly } from "./memory.ts";
export { openTarget, readCredentials, targetOptions } from "./options.ts";
export { type Outcome, type OutcomeKind, statusOf } from "./outcome.ts";
export { parseJsonResult, parseResultLine, parseTabbedResult } from "./read.ts";
export { MAX_TEXT, objectName, type PassiveResult, type RawResult, splitOutput, toResult } from "./result.ts";
export { parseTarget, type Target, type TargetAddress, targetName } from "./target.ts";
