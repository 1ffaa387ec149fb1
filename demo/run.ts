// Runs every check in several states against servers that start with it, and ends by itself.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { Stage } from "./stage.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(folder)
  .filter((name) => /^(check|gearman)_\w+\.ts$/.test(name))
  .sort();

for (const name of names) {
  const stage = new Stage();
  try {
    console.log(`\n${"=".repeat(80)}\n${name.replace(/\.ts$/, "")}`);
    const { default: demo } = (await import(pathToFileURL(join(folder, name)).href)) as {
      default: (stage: Stage) => Promise<void>;
    };
    await demo(stage);
  } finally {
    await stage.clear();
  }
}
process.exit(0);
