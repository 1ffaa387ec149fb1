import {
  definePlugin,
  flag,
  isSelected,
  list,
  option,
  selectionOptions,
  type WrittenPattern,
} from "monitoring-plugins-ts";
import { parseLivestatusAddress } from "monitoring-plugins-ts/livestatus";
import { networkOptions, readNetworkOptions } from "monitoring-plugins-ts/net";
import { parseStateFolder } from "monitoring-plugins-ts/state";

import { evaluate } from "./evaluate.ts";
import type { LmdFacts } from "./facts.ts";
import { parseLmdAddress, probeLmds } from "./lmd-probe.ts";
import { readPlaces, refuseMeaningless, requireOmdSite } from "./places.ts";
import { type ProxyPlaces, probeSites } from "./probe.ts";
import { recall } from "./remembrance.ts";
import { readRules, ruleOptions } from "./rule-options.ts";
import { surroundingsOf } from "./surroundings.ts";

const PROXY = "Where: liveproxyd on this host";
const ADDRESS = "Where: Livestatus addresses, LMD";
const SITES = "Which sites";

/** Several of them have commas between. */
const parseEach =
  <T>(parse: (text: string) => T) =>
  (text: string): readonly T[] =>
    text.split(",").map((part) => parse(part.trim()));

/** @throws Error naming the text when it is no name of a site */
function parseSite(text: string): string {
  if (text === "" || text.includes("/") || text === "." || text === ".." || text.includes("\0")) {
    throw new Error(`'${text}' is not the name of a site`);
  }
  return text;
}

const options = {
  omdSite: option({
    flags: "-O, --omd-site <name>",
    help: "OMD site of the proxy: finds sockets, state file and pid file. (default: that of $OMD_ROOT)",
    section: PROXY,
    selects: true,
    parse: parseSite,
  }),
  omdRoot: option({
    flags: "--omd-root <dir>",
    help: "The same by its folder, such as /omd/sites/central.",
    section: PROXY,
    selects: true,
    parse: String,
  }),
  socketDir: option({
    flags: "--socket-dir <dir>",
    help: "Folder of the proxy's sockets.",
    section: PROXY,
    selects: true,
    parse: String,
  }),
  stateFile: option({
    flags: "--state-file <file>",
    help: "The proxy's state file.",
    section: PROXY,
    selects: true,
    parse: String,
  }),
  pidFile: option({
    flags: "--pidfile <file>",
    help: "The proxy's pid file.",
    section: PROXY,
    selects: true,
    parse: String,
  }),

  hostname: list({
    flags: "-H, --hostname <addr>",
    help: "A Livestatus server or proxy: host:port, unix:/path, tcp:host:port, tls:host:port; repeatable, or several with commas between. Port: 6557.",
    section: ADDRESS,
    selects: true,
    parse: parseEach((text) => parseLivestatusAddress(text)),
  }),
  lmd: list({
    flags: "--lmd <addr>",
    help: "An LMD: as -H, or http://host:port, https://host:port; repeatable, or several with commas between.",
    section: ADDRESS,
    selects: true,
    parse: parseEach(parseLmdAddress),
  }),
  ...networkOptions(ADDRESS),
  tlsNoNameCheck: flag({
    flags: "--tls-no-name-check",
    help: "Accept a trusted certificate for any name: those of Checkmk's sites carry no host name.",
    section: ADDRESS,
  }),

  site: list({
    flags: "-s, --site <id>",
    help: "This site only; repeatable, or several with commas between. (default: every socket and every site of the state file)",
    section: SITES,
    selects: true,
    parse: parseEach(parseSite),
  }),
  ...selectionOptions(SITES, "Sites"),
  ...ruleOptions,
  stateDir: option({
    flags: "--state-dir <dir>",
    help: "Where it keeps what the next run must know. (default: $MP_STATE_PATH, else /var/lib/monitoring-plugins if writable, else the user's state folder)",
    section: "Output",
    parse: parseStateFolder,
  }),
};

const notes = `
Examples:
  check_liveproxy -O central
  check_liveproxy -O central --exclude 'test_*' --planned muc
  check_liveproxy -O central --down-warning 0 --down-critical 2
  check_liveproxy -H tls:central.example.com:6560 --tls-ca ca.pem \\
    --tls-no-name-check
  check_liveproxy --lmd http://lmd.example.com:8080

Ranges are those of the Monitoring Plugins guidelines: 10:20 alerts outside,
@10:20 inside, 1: below 1, ~:5 above 5.
`;

export default definePlugin({
  name: "check_liveproxy",
  summary: "Alerts when a site behind a Livestatus proxy (liveproxyd, LMD) does not really answer.",
  usage: "[-O omdsite] [-H addr] [--lmd addr] [-s site] [-w time] [-c time] ...",
  options,
  notes,
  async check(options, context) {
    const network = readNetworkOptions(options);
    const tls = { ...network.tls, ...(options.tlsNoNameCheck ? { checkName: false } : {}) };
    const isTls = network.tls !== undefined || options.tlsNoNameCheck;
    const connect = { ...network, tls: isTls ? tls : undefined };
    const { site, include, exclude } = options;
    const places = readPlaces(options);
    refuseMeaningless(options, places);
    requireOmdSite(options);
    const rules = readRules(options, context.given);

    // the proxy's files and processes are read first: what they say is as old as it was then, however long sites are asked
    const [nowMs, readAt] = [context.now(), process.uptime()];
    const [{ proxy, sites, secondsNeeded }, lmds] = await Promise.all([
      probeSites(
        {
          proxy: places,
          addresses: options.hostname,
          sites: site,
          include,
          exclude,
          connect,
          tls,
          // where slowness is not critical, any answer counts, however late
          criticalSeconds: options.critical.seconds,
          wantsLastCheck: options.freshWarning !== undefined || options.freshCritical !== undefined,
        },
        context,
      ),
      probeLmds(options.lmd, site, connect, tls, context),
    ]);
    const selectPeers = ({ answer }: LmdFacts) =>
      answer instanceof Error
        ? []
        : answer.peers.filter(
            ({ key, name }) =>
              (site.length === 0 || site.includes(key) || site.includes(name)) && isSelected(name, include, exclude),
          );
    const found = { nowMs, readAt, proxy, sites, lmds, secondsNeeded };
    const around = surroundingsOf(found, rules);
    const what = { ...places, lmds: lmds.map(({ address }) => address), site, include, exclude };
    const remembered = await recall(found, around, { folder: options.stateDir, target: targetName(what) }, context);
    return evaluate({ ...found, remembered }, around, selectPeers, rules);
  },
});

interface What extends Partial<ProxyPlaces> {
  readonly lmds: readonly string[];
  readonly site: readonly string[];
  readonly include: readonly WrittenPattern[];
  readonly exclude: readonly WrittenPattern[];
}

/** What is checked, in one line: checks of the same proxy with other filters do not share what they remember. */
function targetName({ socketDir, stateFile, pidFile, lmds, site, include, exclude }: What): string {
  const texts = (patterns: readonly WrittenPattern[]) => patterns.map(({ text }) => text);
  const all = [[socketDir, stateFile, pidFile], lmds, site, texts(include), texts(exclude)];
  return all.map((some) => some.map((one) => one ?? "").join("\n")).join("\n\n");
}
