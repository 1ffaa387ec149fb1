import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { programPath } from "../support/debian.ts";
import { type Owner, spawnOwned } from "../support/owner.ts";
import { until } from "../support/until.ts";
import { freePort } from "./address.ts";

/** One line of a graph: rows of value and time (seconds since 1970). */
interface GraphiteSeries {
  readonly target: string;
  readonly datapoints: readonly (readonly [number | null, number])[];
}

/** A real Graphite: carbon-cache to write to, graphite-web to ask. */
export interface Graphite {
  /** Where carbon takes its plain text protocol, on 127.0.0.1. */
  readonly carbonPort: number;
  /** The answer of the render API, from so many seconds ago until now. @throws Error with what it says about a bad target */
  render(target: string, seconds: number): Promise<readonly GraphiteSeries[]>;
  /** What a template variable asks for: names of the last level of a pattern, whole paths for `expand(pattern)`. */
  find(query: string): Promise<readonly string[]>;
}

/** graphite-web behind the server that comes with Python: one request at a time is enough here. */
const WEB = `
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server
from graphite.wsgi import application
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass
make_server("127.0.0.1", int(sys.argv[1]), application, handler_class=Quiet).serve_forever()
`;

/** graphite-web belongs to Debian's own Python, whatever else is called python3 on somebody's PATH. */
const PYTHON = "/usr/bin/python3";

/**
 * Starts Debian's carbon-cache and graphite-web in a folder of their own, with a point a second; resolves when both answer. Their
 * owner ends them.
 *
 * @throws Error naming the Debian package when one is not there
 */
export async function startGraphite(owner: Owner): Promise<Graphite> {
  const carbon = programPath("carbon-cache");
  programPath("graphite-manage");
  const folder = await mkdtemp(join(tmpdir(), "graphite-"));
  owner.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  await Promise.all(["conf", "log", "whisper"].map((name) => mkdir(join(folder, name))));
  const [line, pickle, query, web] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  await writeFile(
    join(folder, "conf/carbon.conf"),
    `[cache]
STORAGE_DIR = ${folder}
LOCAL_DATA_DIR = ${folder}/whisper
CONF_DIR = ${folder}/conf
LOG_DIR = ${folder}/log
PID_DIR = ${folder}
ENABLE_LOGROTATION = False
MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${line}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = ${query}
LOG_UPDATES = False
LOG_CREATES = False
ENABLE_TAGS = False
CARBON_METRIC_INTERVAL = 0
`,
  );
  await writeFile(join(folder, "conf/storage-schemas.conf"), "[all]\npattern = .*\nretentions = 1s:1h\n");
  await writeFile(
    join(folder, "conf/web_settings.py"),
    `SECRET_KEY = "of no use"
CONF_DIR = "${folder}/conf"
STORAGE_DIR = "${folder}"
WHISPER_DIR = "${folder}/whisper"
LOG_DIR = "${folder}/log"
INDEX_FILE = "${folder}/index"
LOG_ROTATION = False
CARBONLINK_HOSTS = ["127.0.0.1:${query}"]
FIND_CACHE_DURATION = 0
DEFAULT_CACHE_DURATION = 0
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "${folder}/db", "OPTIONS": {"timeout": 20}}}
`,
  );

  let log = "";
  const run = (file: string, args: readonly string[], env: Readonly<Record<string, string>>) => {
    const child = spawnOwned(owner, file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        log += chunk;
      });
    }
    return child;
  };
  const files = [`--config=${folder}/conf/carbon.conf`, `--pidfile=${folder}/carbon.pid`, `--logdir=${folder}/log`];
  const cache = run(PYTHON, [carbon, ...files, "--nodaemon", "start"], {
    GRAPHITE_ROOT: folder,
    GRAPHITE_CONF_DIR: join(folder, "conf"),
    GRAPHITE_STORAGE_DIR: folder,
  });
  const server = run(PYTHON, ["-c", WEB, String(web)], {
    PYTHONPATH: join(folder, "conf"),
    GRAPHITE_SETTINGS_MODULE: "web_settings",
  });

  const ask = async (path: string, parameters: Readonly<Record<string, string>>) => {
    const body = new URLSearchParams(parameters);
    const url = `http://127.0.0.1:${web}${path}`;
    const response = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(60_000) });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`Graphite: ${response.status}: ${text} ${JSON.stringify(parameters)}`);
    return JSON.parse(text) as unknown;
  };
  const graphite: Graphite = {
    carbonPort: line,
    render: async (target, seconds) =>
      (await ask("/render", {
        ...{ target, from: `-${seconds}s`, until: "now", format: "json", noNullPoints: "true" },
      })) as readonly GraphiteSeries[],
    async find(query) {
      const [, expanded] = /^expand\((.*)\)$/.exec(query) ?? [];
      if (expanded === undefined) {
        return ((await ask("/metrics/find", { query })) as readonly { text: string }[]).map(({ text }) => text);
      }
      return ((await ask("/metrics/expand", { query: expanded })) as { results: readonly string[] }).results;
    },
  };
  const up = async () => {
    if (cache.exitCode !== null || server.exitCode !== null) throw new Error(`Graphite ended at once:\n${log}`);
    return (await accepts(line)) && (await accepts(web)) && (await graphite.find("*")) !== undefined;
  };
  await until(up, () => `Graphite:\n${log}`, 50);
  return graphite;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
