import { mrpeServices, nrpeCommands, sudoRules } from "./agents.ts";
import { commandOf, type Executable } from "./catalogue.ts";
import { directorBasket } from "./director.ts";
import { icingaCommand, icingaHost, icingaServices } from "./icinga.ts";
import { nagiosCommands, nagiosServices } from "./nagios.ts";
import { SERVICES } from "./services.ts";

/** Folders in which every file is one of ours: what is there and not made by {@link definitions} is out of date. */
export const FOLDERS = ["icinga2", "nagios", "nrpe", "checkmk", "sudoers"].map((name) => `contrib/${name}`);

const NOTICE = "generated from the plugin's options by `npm run generate`: changes made here are lost";

/** All definitions for monitoring cores: path below the root of the repository, content. */
export function definitions(executables: readonly Executable[]): ReadonlyMap<string, string> {
  const commands = executables.filter(({ isCheck }) => isCheck).map(commandOf);
  const files = new Map<string, string>();
  const add = (path: string, mark: "#" | "//", content: string) =>
    content === "" ? undefined : files.set(`contrib/${path}`, `${mark} ${NOTICE}\n\n${content.trimEnd()}\n`);

  const services = SERVICES.flatMap((service) => {
    const command = commands.find(({ plugin }) => plugin === service.plugin);
    return command === undefined ? [] : [[service, command] as const];
  });
  const variables = new Set(commands.flatMap((command) => command.arguments.map(({ variable }) => variable)));
  for (const [{ hosts, title }] of services) {
    // Icinga would take the host's variable for the option
    if (variables.has(hosts)) throw new Error(`service '${title}': ${hosts} is the variable of an option`);
  }
  for (const command of commands) {
    const own = services.flatMap(([service, { plugin }]) => (plugin === command.plugin ? [service] : []));
    add(`icinga2/${command.plugin}.conf`, "//", icingaCommand(command, own));
    add(`nagios/${command.plugin}.cfg`, "#", nagiosCommands(command, own));
    add(`nrpe/${command.plugin}.cfg`, "#", nrpeCommands(command, own));
    add(`sudoers/${command.plugin}`, "#", sudoRules(command, own));
  }
  add("icinga2/examples/services.conf", "//", icingaServices(services));
  add("icinga2/examples/hosts.conf", "//", icingaHost(services));
  add("nagios/examples/services.cfg", "#", nagiosServices(services));
  add("checkmk/mrpe.cfg", "#", mrpeServices(services));
  files.set("contrib/icinga2/director-basket.json", directorBasket(commands));
  return files;
}
