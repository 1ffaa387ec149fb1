/**
 * What Mod-Gearman puts into the jobs of a job server: checks and their results, encrypted.
 *
 * @packageDocumentation
 */
export { Cipher, decodeBase64 } from "./cipher.ts";
export { type ModGearmanConfig, readConfig } from "./config.ts";
export { type CheckJob, formatJob, parseJob } from "./job.ts";
export { type FileKey, readKeyFile } from "./key-file.ts";
export { probeQueueEnd, probeQueueName } from "./probe-queue.ts";
export { type CheckResult, formatResult, isResultText, parseResult } from "./result.ts";
