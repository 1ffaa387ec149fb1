// Runs every check, or those named, in several states against servers that start with it, and ends by itself.
import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { fromPlugins } from "../generate/plugins.ts";
import { type Demo, Stage } from "./stage.ts";

const demos = new Map(await fromPlugins<Demo>("demo.ts"));
// of the plugins whose folder has none yet
for (const file of readdirSync(dirname(fileURLToPath(import.meta.url)))) {
  if (!/^check_\w+\.ts$/.test(file)) continue;
  demos.set(basename(file, ".ts"), ((await import(`./${file}`)) as { default: Demo }).default);
}

const wanted = process.argv.slice(2);
for (const [name, demo] of [...demos].sort()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const stage = new Stage();
  try {
    console.log(`\n${"=".repeat(80)}\n${name}`);
    await demo(stage);
  } finally {
    await stage.clear();
  }
}
process.exit(0);
