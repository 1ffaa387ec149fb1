// Measures what the documentation says of speed, prints it and writes docs/benchmarks.md. Ratios are of one and the same
// run: machines are noisy and differ, ratios hardly do. Named plugins are measured alone, and nothing is written.
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { Stage } from "../../demo/stage.ts";
import { fromPlugins } from "../../generate/plugins.ts";
import { lacking, programPath } from "../support/debian.ts";
import type { Bench } from "./measure.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const missing = lacking("gearmand");
if (missing !== undefined) {
  console.error(`the benchmark ${missing}`);
  process.exit(1);
}

const benches = new Map(await fromPlugins<Bench>("bench.ts"));
// of the plugins whose folder has none yet
for (const file of readdirSync(folder)) {
  if (!/^check_\w+\.ts$/.test(file)) continue;
  benches.set(basename(file, ".ts"), ((await import(`./${file}`)) as { default: Bench }).default);
}

const sections: string[] = [];
const wanted = process.argv.slice(2);
for (const [name, bench] of [...benches].sort()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const stage = new Stage();
  try {
    const section = `## ${name}\n\n${await bench(stage)}\n`;
    console.log(section);
    sections.push(section);
  } finally {
    await stage.clear();
  }
}

if (wanted.length > 0) process.exit(0);

const [processor] = cpus();
const gearmand = execFileSync(programPath("gearmand"), ["--version"], { encoding: "utf8" }).trim();
const machine = [
  `${cpus().length} x ${processor?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  `${type()} ${release()} ${arch()}`,
  `Node ${process.version}`,
  gearmand.split("\n")[0] ?? "",
];
writeFileSync(
  join(folder, "../../docs/benchmarks.md"),
  `# Benchmarks

Written by \`npm run bench\`. Whole processes, from start to exit, run in turn; each ratio is the median of the ratios of one
round. Compare ratios: times are of this machine, on that day. CPU is processor time, in user mode and in the kernel, of all
threads. The environment of what is measured is PATH, and what a shell adds to it (PWD, SHLVL): what
\`NODE_EXTRA_CA_CERTS\` and \`NODE_OPTIONS\` cost is in [installation](install.md#the-environment-of-node).

${machine.map((line) => `- ${line}`).join("\n")}

${sections.join("\n")}`,
);
process.exit(0);
