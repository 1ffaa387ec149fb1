import { createHash } from "node:crypto";

import { type Argument, argumentOf, type Command } from "./catalogue.ts";
import { COMMAND_TIMEOUT, describe } from "./icinga.ts";
import { ADDRESS, asksItsHost } from "./services.ts";

/** Ours, made up once: with it a name always gives the same id, and the Director knows an object again by its id. */
const NAMESPACE = "6f0f0d5e-9f5b-4a53-8f64-2b1b5e1d0c7a";

/** A name-based id (RFC 9562, version 5). */
export function uuid(name: string): string {
  const bytes = createHash("sha1")
    .update(Buffer.from(NAMESPACE.replaceAll("-", ""), "hex"))
    .update(name)
    .digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes
    .subarray(0, 16)
    .toString("hex")
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

const DATA_TYPES: Readonly<Record<Argument["kind"], string>> = {
  value: "String",
  list: "Array",
  flag: "Boolean",
  count: "Boolean",
};

/** A basket for the Icinga Director: the commands, and a field for each of their variables. */
export function directorBasket(commands: readonly Command[]): string {
  const fields = commands.flatMap((command) => command.arguments.map((argument) => ({ command, argument })));
  const idOf = (argument: Argument) => fields.findIndex((field) => field.argument === argument) + 1;
  const basket = {
    Command: Object.fromEntries(commands.map((command) => [command.name, commandObject(command, idOf)])),
    Datafield: Object.fromEntries(fields.map((known) => [idOf(known.argument), field(known.command, known.argument)])),
  };
  return `${JSON.stringify(basket, undefined, 2)}\n`;
}

function commandObject(command: Command, idOf: (argument: Argument) => number): object {
  // not $check_address$: the import that has it would have to be an object of the Director
  const address = asksItsHost(command.plugin) ? { [argumentOf(command, ADDRESS).variable]: "$address$" } : {};
  return {
    arguments: Object.fromEntries(
      command.arguments.map((argument) => [argument.flag, argumentObject(command, argument)]),
    ),
    command: `PluginContribDir + /${command.plugin}`,
    disabled: false,
    fields: command.arguments.map((argument) => ({
      datafield_id: idOf(argument),
      is_required: "n",
      var_filter: null,
    })),
    imports: [],
    is_string: null,
    methods_execute: "PluginCheck",
    object_name: command.name,
    object_type: "object",
    timeout: COMMAND_TIMEOUT,
    vars: address,
    zone: null,
    uuid: uuid(`Command ${command.name}`),
  };
}

function argumentObject(command: Command, argument: Argument): object {
  const { kind, variable } = argument;
  const description = describe(command, argument);
  const value = `$${variable}$`;
  if (kind === "flag" || kind === "count") return { set_if: value, description };
  return { value, ...(kind === "list" ? { repeat_key: true } : {}), description };
}

function field(command: Command, argument: Argument): object {
  const { variable, kind } = argument;
  return {
    varname: variable,
    caption: variable.replaceAll("_", " "),
    description: describe(command, argument),
    datatype: `Icinga\\Module\\Director\\DataType\\DataType${DATA_TYPES[kind]}`,
    format: null,
    settings: {},
    uuid: uuid(`Datafield ${variable}`),
  };
}
