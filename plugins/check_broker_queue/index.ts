import { definePlugin, optionsOf, UsageError } from "monitoring-plugins-ts";
import { readNetworkOptions } from "monitoring-plugins-ts/net";

import { evaluate, suspects } from "./evaluate.ts";
import { options as declared } from "./options.ts";
import { probe } from "./probe.ts";
import { recall } from "./remembrance.ts";
import { type Rules, selector } from "./rules.ts";

const notes = `
Examples:
  check_broker_queue -H rabbit.example.com --auth-file /etc/monitoring/rabbit
  check_broker_queue -H http://rabbit1:15672 -H http://rabbit2:15672 --auth-file
    /etc/monitoring/rabbit -q results -w 100 -c 1000
  check_broker_queue -H http://activemq.example.com:8161/api/jolokia
    --auth-file /etc/monitoring/activemq

The least right that suffices on RabbitMQ: tag monitoring,
permissions "^$" "^$" "^$".
`;

export default definePlugin({
  name: "check_broker_queue",
  summary:
    "Alerts when messages pile up on RabbitMQ or ActiveMQ, when their consumers are gone, or when it blocks publishers.",
  usage: "[-H url] [--auth-file file] [--vhost name] [-q queue] [-w range] [-c range] ...",
  options: declared,
  notes,
  async check(options, context) {
    const { authFile, authEnv, vhost, queue, server } = options;
    if (authFile !== undefined && authEnv !== undefined)
      throw new UsageError("--auth-file and --auth-env exclude each other");
    const login = authFile ?? authEnv;
    const { family, tls } = readNetworkOptions(options);
    if (tls !== undefined && server.every(({ isTls }) => isTls === false)) {
      throw new UsageError("options of TLS are for https://, and -H says http://");
    }
    const rules: Rules = {
      ...options,
      consumersAlways: context.given.has("consumersWarning") || context.given.has("consumersCritical"),
      readable: login?.readable,
      asked: { options: optionsOf(declared), given: context.given, unjudged: options.unjudged },
    };
    const [only, ...others] = new Set(queue);
    const told = await probe(
      {
        nodes: server.map((broker) => ({ url: broker.url(tls !== undefined), login, vhost })),
        http: { family, tls },
        type: options.type,
        // dead letters are in other queues
        only: others.length === 0 && !options.deadLetters.isJudged ? only : undefined,
        confirmSeconds: options.confirm,
        isSuspect: suspects(rules),
      },
      context,
    );
    const checked = told.queues.filter(selector(rules));
    const target = [...server.map((broker) => broker.url(tls !== undefined).href), vhost, ...selectionText(options)];
    const remembered = await recall(told, checked, { folder: options.stateDir, target: target.join(" ") }, context);
    return evaluate({ ...told, ...remembered, checked }, rules);
  },
});

/** What of the queues is checked: another service on the same broker has a history of its own. */
const selectionText = ({ queue, include, exclude }: Pick<Rules, "queue" | "include" | "exclude">) => [
  ...queue.map((name) => `=${name}`),
  ...include.map(({ text }) => `+${text}`),
  ...exclude.map(({ text }) => `-${text}`),
];
