import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PLUGINS = fileURLToPath(new URL("../plugins/", import.meta.url));

/** The default exports of `plugins/<name>/<file>` by the plugin's name, for every plugin that has this file. */
export async function fromPlugins<T>(file: string): Promise<ReadonlyMap<string, T>> {
  const names = readdirSync(PLUGINS).filter((name) => existsSync(join(PLUGINS, name, file)));
  const modules = names.sort().map(async (name): Promise<[string, T]> => {
    const module = (await import(pathToFileURL(join(PLUGINS, name, file)).href)) as { default: T };
    return [name, module.default];
  });
  return new Map(await Promise.all(modules));
}
