import { defineProgram, flag, option, parseTimeout, UsageError } from "monitoring-plugins-ts";
import { keepDraining, openTarget, targetOptions } from "monitoring-plugins-ts/passive";

import { Report } from "./report.ts";
import { submitCheck } from "./submit-check.ts";
import { submitLines } from "./submit-lines.ts";

const TARGET = "Where to";
const RESULT = "What";

/** Between two tries to deliver what --queue-dir has while results come. */
const DRAIN_SECONDS = 5;

const options = {
  ...targetOptions(TARGET),
  host: option({
    flags: "-H, --host <name>",
    help: "Host in the core whose result the command behind -- finds.",
    section: RESULT,
    selects: true,
  }),
  service: option({
    flags: "-S, --service <name>",
    help: "Its service; without it the result is of the host, where OK and WARNING are UP.",
    section: RESULT,
    selects: true,
  }),
  checkTimeout: option({
    flags: "--check-timeout <seconds[:state]>",
    help: "Time for the command, and the state when it is over.",
    section: RESULT,
    parse: parseTimeout,
    default: "60:CRITICAL",
  }),
  quiet: flag({ flags: "-q, --quiet", help: "Say nothing of results that have arrived.", section: "Output" }),
};

const notes = `
Without a command, results are read from stdin, one a line: as send_nsca takes
them (host, service, exit code, output with TABs between; without service: of
the host), or JSON with the keys host, service, exit_code, output, perfdata
and time.

Exit codes: 0 arrived, 1 kept for the next run or not proven, 2 not arrived,
3 wrong options or a line that is no result; the worst of all results.

Examples:
  submit_result --to icinga2:https://icinga.example.com --auth-file /etc/auth \\
    --ca /etc/ca.crt -H web1 -S load -- /usr/lib/nagios/plugins/check_load
  printf 'web1\\tbackup\\t0\\tOK - 3 files\\n' | submit_result --to ...
`;

export default defineProgram({
  name: "submit_result",
  summary: "Submits the result of any check to a monitoring core as a passive one, and says what became of it.",
  usage: "--to target [--auth-file file] [-H host [-S service] -- command arguments]",
  options,
  notes,
  takesCommand: true,
  async run(values, context) {
    const { host, service, checkTimeout, quiet, queueDir } = values;
    const { command } = context;
    if (command.length > 0 && host === undefined) throw new UsageError("-H is missing: say whose result it is");
    if (command.length === 0 && (host ?? service) !== undefined) {
      throw new UsageError(`${host === undefined ? "-S" : "-H"} belongs to a command behind --, and there is none`);
    }
    const target = openTarget(values);
    const report = new Report(context, { isQuiet: quiet, proof: values.verify || values.livestatus !== undefined });
    // a check that runs ends with us at once; of results on stdin those that were read are not lost
    const stop = host === undefined ? context.stopped() : new AbortController().signal;
    const drain = async () => {
      try {
        return await target.drain(stop, (result, outcome) => report.delivered(result, outcome));
      } catch (error) {
        // what the file system refuses; anything else is a bug
        if (queueDir === undefined || !(error instanceof Error && "syscall" in error)) throw error;
        report.queueFailed(error, queueDir);
        return undefined;
      }
    };
    try {
      if (host !== undefined) {
        await submitCheck({ host, service, command, timeout: checkTimeout }, target, report, context, drain);
      } else {
        await drain();
        // stdin may go on for days: what is kept is not to wait for its end, nor to stand in the way of later results
        const end = keepDraining(
          target,
          DRAIN_SECONDS,
          (result, outcome) => report.delivered(result, outcome),
          // the last one says it as well
          () => {},
        );
        await submitLines(target, report, context, stop).finally(end);
      }
      // the target may be back
      const left = await drain();
      if (queueDir !== undefined && left !== undefined) report.queue(left, queueDir);
    } finally {
      await target.close();
    }
    return report.status;
  },
});
