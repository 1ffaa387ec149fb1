import { type Argument, argumentOf, type Command } from "./catalogue.ts";
import { ADDRESS, asksItsHost, type FromHost, isFromHost, type Service } from "./services.ts";

/** Where Debian has its plugins. */
export const PLUGIN_FOLDER = "/usr/lib/nagios/plugins";

/** The address a check on the job server's own machine asks. */
const LOOPBACK = "127.0.0.1";

/** As it is typed in a shell. */
export const shellQuoted = (text: string) =>
  /^[\w.,:=@%/+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * The arguments of a service on one machine, nothing of them variable.
 *
 * @throws Error when the plugin has no such option
 */
export function fixedArguments(command: Command, service: Service): readonly string[] {
  const address = asksItsHost(command.plugin) ? [argumentOf(command, ADDRESS).flag, LOOPBACK] : [];
  return [...address, ...argumentsOf(command, service, ({ prefix = "", sample }) => `${prefix}${sample}`)];
}

/** The options of a service; `write` gives a value that differs from host to host. */
export function argumentsOf(command: Command, service: Service, write: (value: FromHost) => string): readonly string[] {
  return Object.entries(service.options).flatMap(([key, setting]) => {
    const { flag, kind } = argumentOf(command, key);
    if (setting === true) return [assertSwitch(flag, kind)];
    const values = isFromHost(setting) ? [write(setting)] : [setting].flat();
    return values.flatMap((value) => [flag, value]);
  });
}

function assertSwitch(flag: string, kind: Argument["kind"]): string {
  if (kind !== "flag" && kind !== "count") throw new Error(`${flag} takes a value`);
  return flag;
}

/** `/usr/lib/nagios/plugins/check_load1 -w 4 -c 8`, by sudo where another user's rights are needed. */
export function fixedCommandLine(command: Command, service: Service): string {
  const sudo = service.user === undefined ? [] : ["/usr/bin/sudo", "-n", "-u", service.user];
  const words = [...sudo, `${PLUGIN_FOLDER}/${command.plugin}`, ...fixedArguments(command, service)];
  return words.map(shellQuoted).join(" ");
}

/** Values in it stand for something else on another machine. */
export const samplesOf = (service: Service): readonly string[] =>
  Object.values(service.options)
    .filter(isFromHost)
    .map(({ sample }) => sample);
