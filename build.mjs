// Bundles each plugin into one executable file, dist/<name>, that needs nothing but Node.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";

import { build } from "esbuild";

import { licenceNotice, programNames, root, version } from "./packaging/programs.mjs";

const dist = join(root, "dist");

/**
 * Packages that most runs never use. Reading and compiling them would cost more than the rest of a start, so each travels
 * packed, as one comment at the end of the file, which is found, unpacked and compiled when `import()` asks for it. A
 * comment, because V8 reads a string of that length ten times as slowly as it passes over one.
 */
const ON_DEMAND = ["commander", "re2js", "undici", "yaml", "@stomp/stompjs"];

/** What our code uses of a package that loads far more: of undici's start three quarters. */
const USED_OF = {
  undici: `
    import Pool from "undici/lib/dispatcher/pool.js";
    import request from "undici/lib/api/api-request.js";
    Pool.prototype.request = request;
    export { Pool };
  `,
};

/** What begins the comment that holds a package; the last place where it stands is the comment. */
const packedAs = (path) => `/*packed:${path}:`;

/** What was packed, by the name of the package: the same for each program, and most of the time of a build. */
const packages = new Map();

async function pack(path) {
  const { outputFiles, metafile } = await build({
    ...SETTINGS,
    stdin: { contents: USED_OF[path] ?? `export * from ${JSON.stringify(path)};`, resolveDir: root },
    write: false,
  });
  const compressed = await promisify(brotliCompress)(outputFiles[0].contents);
  return { text: compressed.toString("base64"), inputs: Object.keys(metafile.inputs) };
}

/**
 * @param inputs files of the packages read so are added to this set, for their licences
 * @param packed what they became is added to this map
 */
const packagesOnDemand = (inputs, packed) => ({
  name: "packages-on-demand",
  setup(setup) {
    const namespace = "packed";
    setup.onResolve({ filter: new RegExp(`^(?:${ON_DEMAND.join("|")})$`) }, ({ path, namespace: from, kind }) => {
      if (from === namespace) return undefined;
      if (kind !== "dynamic-import") return { errors: [{ text: `${path} is loaded on demand only: import() it` }] };
      return { path, namespace };
    });
    setup.onLoad({ filter: /.*/, namespace }, async ({ path }) => {
      packages.set(path, packages.get(path) ?? pack(path));
      const { text, inputs: read } = await packages.get(path);
      for (const input of read) inputs.add(input);
      packed.set(path, text);
      const begin = packedAs(path);
      const contents = `
        const file = typeof __filename === "undefined" ? process.argv[1] : __filename;
        const text = require("node:fs").readFileSync(file, "latin1");
        const [packed] = text.slice(text.lastIndexOf("${begin}") + ${begin.length}).split("*/", 1);
        const source = require("node:zlib").brotliDecompressSync(Buffer.from(packed, "base64")).toString();
        new Function("module", "exports", "require", source)(module, module.exports, require);
      `;
      return { contents, loader: "js" };
    });
  },
});

/** One block: V8 passes over comments of lines at half the pace. */
const comment = (text) => `/*\n${text.replaceAll("*/", "* /").trimEnd()}\n*/`;

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
  // import() in a CommonJS file starts Node's loader of ES modules, which takes longer than most of what it would load
  supported: { "dynamic-import": false },
};

/** Below a folder whose package.json says "type": "module" the same file is an ES module to Node, without a `require`. */
const REQUIRE_ANYWAY = `if (typeof require === "undefined")
  globalThis.require = process.getBuiltinModule("node:module").createRequire(process.argv[1]);`;

/**
 * A shell starts Node, in the time that env(1) would take, as it sees what Node does not: Node opens /dev/null in place of a
 * stdout that is closed, and NODE_OPTIONS may name what is not there. To Node each line is a text and a comment.
 */
const START_BY_SHELL = `#!/bin/sh
':' //; { true 3>&1; } 2>/dev/null || { echo "\${0##*/} UNKNOWN - cannot write the answer: stdout is closed" >&2; exit 3; }
':' //; unset NODE_OPTIONS
':' //; exec node "$0" "$@"`;

/** `-V` alone is answered before anything is run. Where it cannot be written like this, the program goes its usual way. */
const versionFirst = (name) => `if (process.argv.length === 3 && /^(-V|--version)$/.test(process.argv[2])) try {
  require("node:fs").writeSync(1, ${JSON.stringify(`${name} ${version}\n`)});
  process.exit(3);
} catch {}`;

async function bundle(name) {
  const outfile = join(dist, name);
  const inputs = new Set();
  const packed = new Map();
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
    banner: { js: `${START_BY_SHELL}\n${REQUIRE_ANYWAY}\n${versionFirst(name)}` },
    plugins: [packagesOnDemand(inputs, packed)],
  });
  for (const input of Object.keys(metafile.inputs)) inputs.add(input);
  const code = readFileSync(outfile, "utf8").trimEnd();
  const comments = [...packed]
    .map(([path, content]) => [packedAs(path), content])
    // what the library could load, but this program never asks for, has gone with the code that would ask
    .filter(([begin]) => code.includes(begin))
    .map(([begin, content]) => `${begin}${content}*/\n`)
    .sort();
  writeFileSync(outfile, `${code}\n${comment(licenceNotice(name, inputs))}\n${comments.join("")}`);
  chmodSync(outfile, 0o755);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
await Promise.all(programNames().map(bundle));
