import { definePlugin, UsageError } from "monitoring-plugins-ts";
import { endpointsOf, readNetworkOptions } from "monitoring-plugins-ts/net";

import { evaluate } from "./evaluate.ts";
import { evaluateJob } from "./evaluate-job.ts";
import { doubtsOf, type Rules } from "./evaluate-queue.ts";
import { type LabelRange, options } from "./options.ts";
import { probeServers } from "./probe.ts";
import { type JobOrder, probeJob } from "./probe-job.ts";

const notes = `
Examples:
  check_gearman -H gearmand.example.com
  check_gearman -H gearmand.example.com -q check_results -w 50 -c 500
  check_gearman -H gearmand.example.com --include 'hostgroup_*' -C 1:
  check_gearman -H gearmand.example.com -w 500 -w check_results=50
  check_gearman -H gearmand.example.com -q worker_host1 -s check
  check_gearman -H proxy.example.com -q proxy_status -s check --time-warning 2

Ranges are those of the Monitoring Plugins guidelines: 10:20 alerts outside,
@10:20 inside, 1: below 1, ~:5 above 5. One with a name before it, or a pattern
as --include takes it, is for those queues alone.
`;

export default definePlugin({
  name: "check_gearman",
  summary: "Alerts when jobs pile up in a Gearman queue, when its workers are gone, or when nobody answers.",
  usage: "[-H host[:port]] [-q queue] [-w n] [-c n] [-C n] [-x] [-s text [-e text]] ...",
  options,
  notes,
  async check(options, context) {
    const servers = endpointsOf(options.server, options.port);
    const connect = { ...(await readNetworkOptions(options)), signal: context.signal };
    const { confirm: confirmSeconds } = options;

    const order = readOrder(options);
    if (order !== undefined) {
      const facts = await probeJob(order, { servers, connect, confirmSeconds }, context);
      return evaluateJob(facts, order, options);
    }

    const rules: Rules = {
      ...options,
      selection: { queues: options.queue, include: options.include, exclude: options.exclude },
    };
    const doubts = doubtsOf(rules, servers.length > 1);
    return evaluate(await probeServers({ servers, connect, confirmSeconds }, doubts, context), rules);
  },
});

interface JobOptions {
  readonly queue: readonly string[];
  readonly send: string | undefined;
  readonly unique: string | undefined;
  readonly expect: string | undefined;
  readonly background: boolean;
  readonly replyWarning: readonly LabelRange[];
  readonly replyCritical: readonly LabelRange[];
}

/** The job to send, if any. @throws UsageError when the options do not go together */
function readOrder({ queue, send, background, ...about }: JobOptions): JobOrder | undefined {
  if (send === undefined) {
    const { unique, expect, replyWarning, replyCritical } = about;
    const needless = [
      ...(unique === undefined ? [] : ["-u"]),
      ...(expect === undefined ? [] : ["-e"]),
      ...(background ? ["-a"] : []),
      ...(replyWarning.length === 0 ? [] : ["--reply-warning"]),
      ...(replyCritical.length === 0 ? [] : ["--reply-critical"]),
    ];
    if (needless.length > 0) throw new UsageError(`${needless[0]} is about a job to send: it needs -s`);
    return undefined;
  }
  const [name, another] = queue;
  if (name === undefined) throw new UsageError("need queue (-q) when sending job");
  if (another !== undefined) throw new UsageError("only one queue (-q) when sending job");
  return { queue: name, text: send, unique: about.unique, background };
}
