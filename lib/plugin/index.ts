/**
 * The plugin kit: what the Monitoring Plugins guidelines say about options, thresholds, perfdata, output and exit codes.
 *
 * @packageDocumentation
 */
export { helpText, readCommandLine, shortUsage } from "./command-line.ts";
export { CountThreshold, parseCountThreshold } from "./count-threshold.ts";
export { formatDecimal, parseDecimal, parseNumber } from "./decimal.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { CheckError, DeadlineError, UsageError } from "./error.ts";
export { readFile } from "./file.ts";
export { parseJson } from "./json.ts";
export { type Login, parseLogin, readLogin } from "./login.ts";
export { formatMetric, type Metric, type MetricDeclaration, plainLabel, safeLabel, type UoM } from "./metric.ts";
export {
  count,
  type Declarations,
  flag,
  type Group,
  list,
  type Option,
  type Options,
  option,
  optionsOf,
  type Values,
} from "./option.ts";
export { filterMetrics, type ParsedPerfdata, type PerfdataAmount, parsePerfdata, perfdataOptions } from "./perfdata.ts";
export { type Context, definePlugin, type Plugin } from "./plugin.ts";
export { defineProgram, type Program, type ProgramContext } from "./program.ts";
export {
  type About,
  type Declared,
  type Gauge,
  type Grammar,
  type Names,
  type Quantity,
  quantity,
  type RelativeThreshold,
  relayed,
} from "./quantity.ts";
export { Range, type Threshold } from "./range.ts";
export { combine, type Detail, figures, judge, measure, type Result, report, verdict } from "./result.ts";
export { commonOptions, runPlugin, withCommonOptions } from "./run.ts";
export { runProgram, withProgramOptions } from "./run-program.ts";
export {
  isSelected,
  type Pattern,
  parseExpression,
  parseGroups,
  parsePattern,
  selectionOptions,
  type WrittenPattern,
} from "./selection.ts";
export { type Column, Series } from "./series.ts";
export { Controller, patience, type Signal, sleep } from "./signal.ts";
export { parseStatus, Status, statusName, urgency, worst } from "./status.ts";
export { counted, printable } from "./text.ts";
export { parseTimeout, type Timeout } from "./timeout.ts";
export { type Asked, unjudged, unjudgedOption } from "./unjudged.ts";
