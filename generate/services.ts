import { CONTRIBS } from "./contrib.ts";

/** A value that differs from host to host. */
export interface FromHost {
  /** Custom variable of the host. */
  readonly host: string;
  /** Put in front of it. */
  readonly prefix?: string;
  /** The variable is an array: one service for each of its elements. */
  readonly each?: boolean;
  /** For definitions with fixed arguments, and examples. */
  readonly sample: string;
}

/** `true` gives a switch, an array an option several times. */
export type Setting = string | true | readonly string[] | FromHost;

/** A service worth having. */
export interface Service {
  /** Part of the names of commands: `results` makes `check_gearman_results`. Left out for the plugin without options. */
  readonly suffix?: string;
  readonly plugin: string;
  /** As the service is called. */
  readonly title: string;
  /** What it is for: one line. */
  readonly about: string;
  /** Custom variable of the hosts that have it. */
  readonly hosts: string;
  /** By the names the plugin's code has for its options. */
  readonly options: Readonly<Record<string, Setting>>;
  /** It looks at the machine it runs on, so it runs on the host itself. */
  readonly local?: boolean;
  /** Needs the rights of this user to see everything. No service of its own in the examples. */
  readonly user?: string;
}

/** Whether the plugin's -H is the host that the service belongs to, unless it is said otherwise. */
export const asksItsHost = (plugin: string) => CONTRIBS.get(plugin)?.asksItsHost === true;

/** The option they all have for that. */
export const ADDRESS = "server";

/** Of the plugins that have no `contrib.ts` yet. */
const CENTRAL: readonly Service[] = [
  {
    plugin: "check_gearman_fd_leak",
    title: "gearman descriptors",
    about: "gearmand is far from its limit of open descriptors.",
    hosts: "gearmand",
    options: {},
    local: true,
  },
  {
    plugin: "check_gearman_fd_leak",
    suffix: "kinds",
    title: "gearman descriptors by kind",
    about: "The same with the rights of the daemon, which show what its descriptors are. Needs contrib/sudoers.",
    hosts: "gearmand",
    options: {},
    local: true,
    user: "gearman",
  },
  {
    plugin: "check_liveproxy",
    suffix: "sites",
    title: "livestatus sites",
    about: "Every site behind the Livestatus proxy answers.",
    hosts: "omd_site",
    options: { omdSite: { host: "omd_site", sample: "central" } },
    local: true,
  },
];

/** What the examples set up. Thresholds are those of the plugins: none is repeated here. */
export const SERVICES: readonly Service[] = [
  ...CENTRAL,
  ...[...CONTRIBS].flatMap(([plugin, { services = [] }]) => services.map((service) => ({ ...service, plugin }))),
].sort((a, b) => Number(a.plugin > b.plugin) - Number(a.plugin < b.plugin));

export const isFromHost = (setting: Setting): setting is FromHost =>
  typeof setting === "object" && !Array.isArray(setting);

/** `check_gearman_results` */
export const commandName = ({ plugin, suffix }: Service) => (suffix === undefined ? plugin : `${plugin}_${suffix}`);
