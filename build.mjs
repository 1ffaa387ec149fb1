// Bundles each plugin into one executable file, dist/<name>, that needs nothing but Node.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

import { build } from "esbuild";

import { licenceNotice, programNames, root, version } from "./packaging/programs.mjs";

const dist = join(root, "dist");

/**
 * Packages that most runs never use. Reading and compiling them would cost more than the rest of a start, so they travel
 * as one packed string each, which is unpacked and compiled when `import()` asks for it.
 */
const ON_DEMAND = ["commander", "re2js", "undici"];

/** @param inputs files of the packages read so are added to this set, for their licences */
const packagesOnDemand = (inputs) => ({
  name: "packages-on-demand",
  setup(setup) {
    const namespace = "packed";
    setup.onResolve({ filter: new RegExp(`^(?:${ON_DEMAND.join("|")})$`) }, ({ path, namespace: from, kind }) => {
      if (from === namespace) return undefined;
      if (kind !== "dynamic-import") return { errors: [{ text: `${path} is loaded on demand only: import() it` }] };
      return { path, namespace };
    });
    setup.onLoad({ filter: /.*/, namespace }, async ({ path }) => {
      const { outputFiles, metafile } = await build({
        ...SETTINGS,
        stdin: { contents: `export * from ${JSON.stringify(path)};`, resolveDir: root },
        write: false,
      });
      for (const input of Object.keys(metafile.inputs)) inputs.add(input);
      const packed = brotliCompressSync(outputFiles[0].contents).toString("base64");
      const contents = `
        const source = require("node:zlib").brotliDecompressSync(Buffer.from("${packed}", "base64")).toString();
        new Function("module", "exports", "require", source)(module, module.exports, require);
      `;
      return { contents, loader: "js" };
    });
  },
});

/** A comment of lines, so that no text can end it. */
const comment = (text) =>
  text
    .split("\n")
    .map((line) => `// ${line}`.trimEnd())
    .join("\n");

const SETTINGS = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  // an executable without extension is CommonJS to Node
  format: "cjs",
  conditions: ["monitoring-plugins-source"],
  minify: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};

/** Below a folder whose package.json says "type": "module" the same file is an ES module to Node, without a `require`. */
const REQUIRE_ANYWAY = `if (typeof require === "undefined")
  globalThis.require = process.getBuiltinModule("node:module").createRequire(process.argv[1]);`;

async function bundle(name) {
  const outfile = join(dist, name);
  const inputs = new Set();
  // what is no check is a program for people, see lib/plugin/program.ts
  const runner = name.startsWith("check_") ? "runPlugin" : "runProgram";
  const { metafile } = await build({
    ...SETTINGS,
    stdin: {
      contents: `
        import { ${runner} as run } from "monitoring-plugins-ts";
        import plugin from "./plugins/${name}/index.ts";
        run(plugin, { version: ${JSON.stringify(version)} });
      `,
      resolveDir: root,
      loader: "ts",
    },
    outfile,
    banner: { js: `#!/usr/bin/env node\n${REQUIRE_ANYWAY}` },
    plugins: [packagesOnDemand(inputs)],
  });
  for (const input of Object.keys(metafile.inputs)) inputs.add(input);
  writeFileSync(outfile, `${readFileSync(outfile, "utf8").trimEnd()}\n${comment(licenceNotice(name, inputs))}\n`);
  chmodSync(outfile, 0o755);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
await Promise.all(programNames().map(bundle));
