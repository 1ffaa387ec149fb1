import { argumentOf, type Command } from "./catalogue.ts";
import { argumentsOf, PLUGIN_FOLDER, samplesOf, shellQuoted } from "./command-line.ts";
import { ADDRESS, asksItsHost, commandName, isFromHost, type Service } from "./services.ts";

/** Nagios' own idea of a `$`, of what ends an argument, and of a comment. */
const escaped = (text: string) => text.replaceAll("$", "$$$$").replaceAll(";", "\\;");

const word = (text: string) => shellQuoted(escaped(text));

/**
 * The commands of a plugin: one that takes its options as they would be typed, and one for each of its services, where
 * every macro is quoted.
 */
export function nagiosCommands(command: Command, services: readonly Service[]): string {
  const address = asksItsHost(command.plugin) ? [`${argumentOf(command, ADDRESS).flag} '$HOSTADDRESS$'`] : [];
  const path = `${PLUGIN_FOLDER}/${command.plugin}`;
  const lines = [
    `# '${command.plugin}' command definition`,
    `# ${command.summary}`,
    "# ARG1: more options, as in a shell",
    ...define("command", { command_name: command.plugin, command_line: [path, ...address, "$ARG1$"].join(" ") }),
  ];
  for (const service of services) {
    // without options it is the command above; the one by sudo is for NRPE
    if (service.suffix === undefined || service.user !== undefined) continue;
    const argument = Object.values(service.options).find(isFromHost);
    const options = argumentsOf(command, service, ({ prefix = "" }) => `${prefix}$ARG1$`).map((text) =>
      text.includes("$ARG1$") ? `'${text}'` : word(text),
    );
    const name = commandName(service);
    lines.push(
      `# '${name}' command definition`,
      `# ${service.about}`,
      ...(argument === undefined ? [] : [`# ARG1: such as ${argument.sample}`]),
      ...define("command", { command_name: name, command_line: [path, ...address, ...options].join(" ") }),
    );
  }
  return lines.join("\n");
}

const TEMPLATE = "monitoring-plugins-service";

/** A host with all the services, and the services. Checks of the machine itself go by NRPE. */
export function nagiosServices(services: readonly (readonly [Service, Command])[]): string {
  const groups = [...new Set(services.map(([{ hosts }]) => hosts))];
  const lines = [
    "# A host with every service. linux-server and generic-service come with Nagios and Naemon. The commands are those of the",
    "# files beside this folder; check_nrpe's comes with Debian's nagios-nrpe-plugin, and those it calls by name are in contrib/nrpe.",
    "",
    ...define("host", {
      use: "linux-server",
      host_name: "gearmand.example.com",
      address: "192.0.2.10",
      hostgroups: groups.join(","),
    }),
    ...groups.flatMap((group) => define("hostgroup", { hostgroup_name: group })),
    ...define("service", {
      name: TEMPLATE,
      use: "generic-service",
      check_interval: "1",
      retry_interval: "1",
      max_check_attempts: "3",
      register: "0",
    }),
  ];
  for (const [service] of services) {
    if (service.user !== undefined) continue;
    const name = commandName(service);
    const call = service.local ? ["check_nrpe", name] : [name, ...samplesOf(service)];
    lines.push(
      `# ${service.about}`,
      ...define("service", {
        use: TEMPLATE,
        hostgroup_name: service.hosts,
        service_description: service.title,
        check_command: call.join("!"),
      }),
    );
  }
  return lines.join("\n");
}

function define(type: string, directives: Readonly<Record<string, string>>): readonly string[] {
  const lines = Object.entries(directives).map(([name, value]) => `    ${name.padEnd(20)} ${value}`);
  return [`define ${type} {`, ...lines, "}", ""];
}
