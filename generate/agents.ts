import type { Command } from "./catalogue.ts";
import { fixedArguments, fixedCommandLine, PLUGIN_FOLDER, samplesOf } from "./command-line.ts";
import { commandName, type Service } from "./services.ts";

/** A comment above what has to be made fit for the machine. */
const adapt = (service: Service) => samplesOf(service).map((sample) => `# to be changed: ${sample}`);

/** For `/etc/nagios/nrpe.d`: no arguments from outside, which Debian's NRPE would not take. */
export function nrpeCommands(command: Command, services: readonly Service[]): string {
  return services
    .flatMap((service) => [
      `# ${service.about}`,
      ...adapt(service),
      `command[${commandName(service)}]=${nrpeLine(command, service)}`,
      "",
    ])
    .join("\n");
}

/** NRPE shows nothing of stderr, where sudo says that it refuses. */
function nrpeLine(command: Command, service: Service): string {
  const line = fixedCommandLine(command, service);
  if (service.user === undefined) return line;
  const refused = `${command.plugin} UNKNOWN - sudo does not let this user run it as ${service.user}: see contrib/sudoers`;
  const ask = line.replace("/sudo -n ", "/sudo -n -l ");
  return `${ask} >/dev/null 2>&1 || { echo '${refused}'; exit 3; }; exec ${line}`;
}

/** For `/etc/check_mk/mrpe.cfg`. The agent runs as root, so nothing needs sudo. */
export function mrpeServices(services: readonly (readonly [Service, Command])[]): string {
  return services
    .filter(([{ user }]) => user === undefined)
    .flatMap(([service, command]) => [
      `# ${service.about}`,
      ...adapt(service),
      `${titleCase(service.title)} ${fixedCommandLine(command, service)}`,
      "",
    ])
    .join("\n");
}

/** A name without blanks. */
const titleCase = (title: string) => title.replaceAll(" ", "_").replace(/^./, (first) => first.toUpperCase());

/** Who runs the checks on Debian. */
const MONITORING_USER = "nagios";

/** For `/etc/sudoers.d`: one exact command each, with these arguments or none at all. */
export function sudoRules(command: Command, services: readonly Service[]): string {
  return services
    .flatMap((service) => {
      if (service.user === undefined) return [];
      const path = `${PLUGIN_FOLDER}/${command.plugin}`;
      const words = fixedArguments(command, service).map(sudoEscaped);
      const alias = commandName(service).toUpperCase();
      return [
        `# ${command.plugin} as ${service.user}, with ${words.length === 0 ? "no arguments" : "these arguments"} and no others`,
        `Cmnd_Alias ${alias} = ${[path, ...(words.length === 0 ? ['""'] : words)].join(" ")}`,
        `Defaults!${alias} !requiretty, !syslog`,
        `${MONITORING_USER} ALL=(${service.user}) NOPASSWD: ${alias}`,
        "",
      ];
    })
    .join("\n");
}

/** Wildcards and separators of sudoers are taken literally. */
const sudoEscaped = (word: string) => word.replace(/[\\,:=*?[\]!"#\s]/g, "\\$&");
