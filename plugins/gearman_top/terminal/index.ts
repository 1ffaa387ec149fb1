/**
 * The whole screen of a terminal: lines drawn, keys reported, everything given back.
 *
 * @packageDocumentation
 */
export { hasScreen, type Key, openTerminal, type TerminalEvents } from "./open.ts";
export { clipLine, fitLine, type Line, type Span, type Style } from "./paint.ts";
export type { Terminal } from "./terminal.ts";
export { columnsOf, fit, wrap } from "./width.ts";
