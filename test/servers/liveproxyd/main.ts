// The stand-in's program: `main master CONFIG` supervises, `main site CONFIG ID` serves one site, `main single CONFIG` all
// of them in one process, as before Checkmk 1.5.

import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import type { Fault, Numbered, Order, ProxyConfig, SiteMessage, SiteReport } from "./config.ts";
import { ProxySite } from "./site.ts";
import { formatState, writeState } from "./state-file.ts";

const [, script = "", mode = "", configPath = "", siteId = ""] = process.argv;
const config = JSON.parse(readFileSync(configPath, "utf8")) as ProxyConfig;
const pidFile = join(config.root, "tmp/run/liveproxyd.pid");
const stateFile = join(config.root, "var/log/liveproxyd.state");

function log(text: string): void {
  const stamp = new Date().toISOString().replace("T", " ").replace(".", ",").slice(0, 23);
  appendFileSync(join(config.root, "var/log/liveproxyd.log"), `${stamp} [20] [cmk.liveproxyd] ${text}\n`);
}

type Obey = (order: Exclude<Order, { dump: unknown }> & Numbered, done: () => void) => void;

/** Writes pid file and state file, and obeys the test. */
function supervise(reports: () => readonly SiteReport[], obey: Obey): void {
  log("Livestatus Proxy-Daemon (stand-in) starting...");
  log(`Configured ${config.sites.length} sites`);
  writeFileSync(pidFile, `${process.pid}\n`);
  let dump: Extract<Order, { dump: unknown }>["dump"] = "go on";
  const write = () => {
    if (dump === "stop") return;
    const nowMs = Date.now();
    const dumpMs = nowMs - (typeof dump === "object" ? dump.agedMs : 0);
    const listed = reports().filter(({ omitted }) => !omitted);
    writeState(stateFile, formatState(listed, nowMs, dumpMs));
  };
  setInterval(write, config.stateIntervalMs);
  process.on("message", (order: Order & Numbered) => {
    const done = () => {
      write();
      process.send?.(order.number);
    };
    if ("dump" in order) {
      dump = order.dump;
      done();
    } else obey(order, done);
  });
  process.on("SIGTERM", () => {
    rmSync(pidFile, { force: true });
    process.exit(0);
  });
  process.on("disconnect", () => process.exit(0));
  setTimeout(write, 150);
}

function master(): void {
  process.title = "liveproxyd[master]";
  const reports = new Map<string, SiteReport>();
  const children = new Map<string, ChildProcess>();
  const obeying = new Map<number, () => void>();
  const startSite = (id: string) => {
    const stdio: ["ignore", "inherit", "inherit", "ipc"] = ["ignore", "inherit", "inherit", "ipc"];
    const child = spawn(process.execPath, [script, "site", configPath, id], { stdio });
    children.set(id, child);
    child.on("message", ({ report, obeyed }: SiteMessage) => {
      reports.set(id, report);
      if (obeyed !== undefined) obeying.get(obeyed)?.();
    });
    const { restartMs } = config;
    if (restartMs !== null) child.on("exit", () => setTimeout(() => startSite(id), restartMs));
  };
  for (const { id } of config.sites) startSite(id);
  process.on("exit", () => {
    for (const child of children.values()) child.kill("SIGKILL");
  });
  supervise(
    () => [...reports.values()],
    (order, done) => {
      if ("restart" in order) {
        startSite(order.restart);
        done();
      } else {
        obeying.set(order.number, done);
        children.get(order.to)?.send(order);
      }
    },
  );
}

async function serveSite(): Promise<void> {
  const settings = config.sites.find(({ id }) => id === siteId);
  if (settings === undefined) throw new Error(`no site ${siteId}`);
  process.title = `liveproxyd[${siteId}]`;
  const site = new ProxySite(settings, config);
  await site.start();
  const tell = (obeyed?: number) => process.connected && process.send?.({ report: site.report(), obeyed });
  setInterval(tell, Math.min(100, config.stateIntervalMs));
  process.on("message", ({ fault, number }: { fault: Fault } & Numbered) => {
    site.fault = fault;
    for (let n = 0; n < (fault.threads ?? 0); n += 1) new Worker("setInterval(() => {}, 1e9)", { eval: true });
    tell(number);
  });
  process.on("disconnect", () => {
    if (!config.orphans) process.exit(0);
  });
}

async function single(): Promise<void> {
  process.title = "liveproxyd";
  const sites = new Map(config.sites.map((site) => [site.id, new ProxySite(site, config)]));
  await Promise.all([...sites.values()].map((site) => site.start()));
  supervise(
    () => [...sites.values()].map((site) => site.report()),
    (order, done) => {
      const site = "to" in order ? sites.get(order.to) : undefined;
      if (site !== undefined && "fault" in order) site.fault = order.fault;
      done();
    },
  );
}

if (mode === "master") master();
else if (mode === "site") await serveSite();
else await single();
