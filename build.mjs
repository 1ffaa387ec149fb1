// Bundles each plugin into one executable file, dist/<name>, that needs nothing but Node.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

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

/** The licence texts of the packages a bundle contains; our own library is under the licence of the whole. */
function licences(inputs) {
  const packages = new Set([...inputs].flatMap((input) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  return [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file to keep`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), "utf8").trim()}\n`;
  });
}

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
  conditions: ["source"],
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
  const own = readFileSync(join(root, "LICENSE"), "utf8").trim();
  const notice = [`${name} ${version} (MIT)\n\n${own}\n`, "It contains:\n", ...licences(inputs)].join("\n");
  writeFileSync(outfile, `${readFileSync(outfile, "utf8").trimEnd()}\n${comment(notice)}\n`);
  chmodSync(outfile, 0o755);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
const plugins = readdirSync(join(root, "plugins")).filter((name) =>
  existsSync(join(root, "plugins", name, "index.ts")),
);
await Promise.all(plugins.map(bundle));
