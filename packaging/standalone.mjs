// Makes dist/standalone/, or the folder named: one executable that needs no Node, and a link to it for each program.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { BUN_LICENCE, bunBinary } from "./bun.mjs";
import { isCheck, licenceNotice, programNames, root, version } from "./programs.mjs";

export const EXECUTABLE = "monitoring-plugins";

/**
 * Builds the executable, the links and `LICENSES` into a folder, which it empties first.
 *
 * @param {string} folder
 * @returns {Promise<string[]>} the paths of the files bundled
 */
export async function buildStandalone(folder) {
  const bun = await bunBinary();
  const names = programNames();
  const programs = names.map(
    // require() and not import: only what is called is evaluated, and at once
    (name) =>
      `${name}: () => require("monitoring-plugins-ts").${runnerOf(name)}(require("./plugins/${name}/index.ts").default, { version }),`,
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // the name of the bundle is in the executable
  const bundle = join(folder, `${EXECUTABLE}.cjs`);
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: {
      contents: `
        import { startCalled } from "./packaging/multi-call.ts";
        const version = ${JSON.stringify(version)};
        startCalled({ ${programs.join("\n")} }, ${JSON.stringify(EXECUTABLE)}, version);
      `,
      resolveDir: root,
      loader: "ts",
    },
    outfile: bundle,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    conditions: ["monitoring-plugins-source"],
    // bun would put in the path of the folder it is built in, which is nobody's business and in no two builds the same
    define: { __filename: JSON.stringify(`/${EXECUTABLE}`), __dirname: '"/"' },
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const compile = ["build", "--compile", "--bytecode", "--minify", "--target=bun"];
  // files of the folder it happens to be called in are none of its business, least of all one that names code to load
  const deaf = ["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"];
  execFileSync(bun, [...compile, ...deaf, `${EXECUTABLE}.cjs`, `--outfile=${EXECUTABLE}`], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  rmSync(bundle);
  chmodSync(join(folder, EXECUTABLE), 0o755);
  for (const name of names) symlinkSync(EXECUTABLE, join(folder, name));
  const inputs = Object.keys(metafile.inputs);
  writeFileSync(join(folder, "LICENSES"), `${licenceNotice(EXECUTABLE, inputs)}\n${BUN_LICENCE}`);
  return inputs;
}

/** @param {string} name */
const runnerOf = (name) => (isCheck(name) ? "runPlugin" : "runProgram");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildStandalone(process.argv[2] ?? join(root, "dist/standalone"));
}
