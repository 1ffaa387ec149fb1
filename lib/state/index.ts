/**
 * What a check remembers between two runs.
 *
 * @packageDocumentation
 */
export { parseStateFolder, stateFolder } from "./folder.ts";
export { stateFileName } from "./name.ts";
export { readState, type Stored, writeState } from "./store.ts";
