import { type Argument, argumentOf, type Command } from "./catalogue.ts";
import { ADDRESS, asksItsHost, commandName, isFromHost, type Service, type Setting } from "./services.ts";

/** Seconds: three times what the plugins take at most by default, so that it is them who say what took so long. */
export const COMMAND_TIMEOUT = 30;

/** A string of Icinga's language. */
const quoted = (text: string) => `"${escaped(text)}"`;

const escaped = (text: string) => text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n");

/** The CheckCommand of a plugin, and of each of its services that needs somebody else's rights. */
export function icingaCommand(command: Command, services: readonly Service[]): string {
  const { plugin, name, summary } = command;
  // $check_address$ is only there with this import, and whoever sets -H will want to use it
  const hasAddress = command.arguments.some(({ flag }) => flag === "-H");
  const lines = [
    `// ${summary}`,
    "//",
    `// A service with a longer ${name}_timeout than ${COMMAND_TIMEOUT - 5} seconds needs a check_timeout above it as well.`,
    `object CheckCommand ${quoted(name)} {`,
    ...(hasAddress ? ['\timport "ipv4-or-ipv6"', ""] : []),
    `\tcommand = [ PluginContribDir + ${quoted(`/${plugin}`)} ]`,
    `\ttimeout = ${COMMAND_TIMEOUT}s`,
    "",
    "\targuments = {",
    ...command.arguments.flatMap((argument) => argumentLines(command, argument)).map((line) => `\t\t${line}`),
    "\t}",
  ];
  if (asksItsHost(plugin)) lines.push("", `\tvars.${argumentOf(command, ADDRESS).variable} = "$check_address$"`);
  lines.push("}", "");
  for (const service of services) {
    if (service.user === undefined) continue;
    const words = ["/usr/bin/sudo", "-n", "-u", service.user].map(quoted).join(", ");
    lines.push(
      `// ${service.about}`,
      `object CheckCommand ${quoted(commandName(service).replace(/^check_/, ""))} {`,
      `\tcommand = [ ${words}, PluginContribDir + ${quoted(`/${plugin}`)} ]`,
      `\ttimeout = ${COMMAND_TIMEOUT}s`,
      "}",
      "",
    );
  }
  return lines.join("\n");
}

function argumentLines(command: Command, argument: Argument): readonly string[] {
  const { flag, variable, kind } = argument;
  const attributes = {
    value: [`value = "$${variable}$"`],
    list: [`value = "$${variable}$"`, "repeat_key = true"],
    flag: [`set_if = "$${variable}$"`],
    count: [`set_if = "$${variable}$"`],
  }[kind];
  return [
    `${quoted(flag)} = {`,
    ...[...attributes, `description = ${quoted(describe(command, argument))}`].map((line) => `\t${line}`),
    "}",
  ];
}

/** What an option means, what holds without it, and how a variable gives it. */
export function describe({ plugin }: Command, { key, help, default: byDefault, kind }: Argument): string {
  const isHost = key === ADDRESS && asksItsHost(plugin);
  const meaning = isHost ? help.replace(/ \(default: .*\)$/, "") : help;
  const otherwise = isHost ? "the address of the host, UNKNOWN where it has none" : byDefault;
  return [
    /[.)]$/.test(meaning) ? meaning : `${meaning}.`,
    ...(otherwise === undefined ? [] : [`Default: ${otherwise}.`]),
    ...(kind === "list" ? ["An array gives the option several times."] : []),
    ...(kind === "count" ? ["Here it is given once."] : []),
  ].join(" ");
}

const TEMPLATE = "monitoring-plugins-service";

/** Apply rules, one for each service. */
export function icingaServices(services: readonly (readonly [Service, Command])[]): string {
  const template = [
    "// Services for hosts by their custom variables, see hosts.conf. A host that does not have the variable gets no service.",
    "",
    `template Service "${TEMPLATE}" {`,
    "\tcheck_interval = 1m",
    "\tretry_interval = 30s",
    "\tmax_check_attempts = 3",
    "}",
    "",
  ];
  const rules = services
    .filter(([{ user }]) => user === undefined)
    .flatMap(([service, command]) => rule(service, command));
  return [...template, ...rules].join("\n");
}

function rule(service: Service, command: Command): readonly string[] {
  const each = Object.values(service.options).find((setting) => isFromHost(setting) && setting.each);
  const head =
    each !== undefined && isFromHost(each)
      ? `${quoted(`${service.title} `)} for (element in host.vars.${each.host})`
      : quoted(service.title);
  const variables = Object.entries(service.options).map(
    ([key, setting]) => `\tvars.${argumentOf(command, key).variable} = ${written(setting)}`,
  );
  const endpoint = ["\tif (host.vars.agent_endpoint) {", "\t\tcommand_endpoint = host.vars.agent_endpoint", "\t}"];
  return [
    `// ${service.about}`,
    `apply Service ${head} {`,
    `\timport "${TEMPLATE}"`,
    "",
    `\tcheck_command = ${quoted(command.name)}`,
    ...variables,
    ...(service.local ? ["", "\t// it looks at the machine it runs on", ...endpoint] : []),
    "",
    `\tassign where host.vars.${service.hosts}`,
    "}",
    "",
  ];
}

function written(setting: Setting): string {
  if (setting === true) return "true";
  if (typeof setting === "string") return literal(setting);
  if (!isFromHost(setting)) return `[ ${setting.map(literal).join(", ")} ]`;
  const value = setting.each ? "element" : `host.vars.${setting.host}`;
  return setting.prefix === undefined ? value : `${literal(setting.prefix)} + ${value}`;
}

/** A host that has all of the services. */
export function icingaHost(services: readonly (readonly [Service, Command])[]): string {
  const variables = new Map<string, string>();
  for (const [{ hosts, options }] of services) {
    if (!variables.has(hosts)) variables.set(hosts, "true");
    for (const { host, each, sample } of Object.values(options).filter(isFromHost)) {
      variables.set(host, each ? `[ ${quoted(sample)} ]` : quoted(sample));
    }
  }
  return [
    "// A host with everything that services.conf looks for. Leave out the variables of what it does not have.",
    'object Host "gearmand.example.com" {',
    "\t// where the checks find gearmand",
    '\taddress = "192.0.2.10"',
    '\tcheck_command = "hostalive"',
    "",
    "\t// checks of the machine itself run by the Icinga agent of this name; without it, where the configuration is",
    '\t// vars.agent_endpoint = "gearmand.example.com"',
    "",
    ...Array.from(variables, ([name, value]) => `\tvars.${name} = ${value}`),
    "}",
    "",
  ].join("\n");
}

/** The value of a variable, in which a `$` would begin a macro. */
const literal = (text: string) => quoted(text.replaceAll("$", "$$$$"));
