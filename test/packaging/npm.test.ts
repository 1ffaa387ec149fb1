// The packages of npm: what is in them, and that a plugin can be written outside of this repository with nothing else.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";

import { programNames, root } from "../../packaging/programs.mjs";

function emptyFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "test-npm-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** Packs one of the two packages as `npm pack` does. */
async function pack(folder: string, ...args: readonly string[]): Promise<Packed> {
  const command = ["pack", "--json", "--loglevel=error", `--pack-destination=${folder}`, ...args];
  const { stdout } = await promisify(execFile)("npm", command, { cwd: root });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as readonly Packed[];
  return packed ?? assert.fail(stdout);
}

const sources = (folder: string) =>
  readdirSync(join(root, "lib", folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, "lib").length + 1));

/** Packages, and all that they need in turn. */
function withDependencies(names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names);
  for (const name of found) {
    const manifest = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    for (const needed of Object.keys(manifest.dependencies ?? {})) found.add(needed);
  }
  return found;
}

test("monitoring-plugins-distributed: the executables, the pages, the definitions, nothing else", async (t) => {
  const { files } = await pack(emptyFolder(t));
  const paths = files.map(({ path }) => path);
  for (const name of programNames()) {
    assert.equal(files.find(({ path }) => path === `dist/${name}`)?.mode, 0o755, name);
    assert.ok(paths.includes(`docs/${name}.md`), name);
  }
  for (const path of ["influxdb", "graphite"].map((name) => `contrib/grafana/${name}.json`)) {
    assert.ok(paths.includes(path), path);
  }
  for (const path of ["package.json", "dist/package.json", "README.md", "CHANGELOG.md", "LICENSE"]) {
    assert.ok(paths.includes(path), path);
  }
  const expected =
    /^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/(?:\w+|package\.json)|docs\/.*\.(?:md|png|svg|txt|json)|contrib\/.*)$/;
  assert.deepEqual(
    paths.filter((path) => !expected.test(path)),
    [],
  );
  const executables = paths.filter((path) => /^dist\/\w+$/.test(path));
  assert.deepEqual(
    executables.sort(),
    programNames().map((name) => `dist/${name}`),
  );
});

test("monitoring-plugins-ts: modules with their types, and a program outside the repository that lives on it", async (t) => {
  const folder = emptyFolder(t);
  // what an older build left behind must not be packed again
  mkdirSync(join(root, "lib/build"), { recursive: true });
  writeFileSync(join(root, "lib/build/stale.js"), "");
  const { filename, files } = await pack(folder, "--workspace=lib");
  const { exports, dependencies } = JSON.parse(readFileSync(join(root, "lib/package.json"), "utf8")) as {
    exports: Record<string, { default: string }>;
    dependencies: Record<string, string>;
  };
  const folders = Object.values(exports).map((entry) => entry.default.split("/")[2] ?? "");
  const modules = folders.flatMap(sources).map((path) => path.replace(/\.ts$/, ""));
  assert.deepEqual(
    files.map(({ path }) => path).sort(),
    [
      "LICENSE",
      "README.md",
      "package.json",
      ...modules.flatMap((path) => [`build/${path}.js`, `build/${path}.d.ts`]),
    ].sort(),
  );

  // as npm would install it: itself, and what it depends on
  const installed = join(folder, "node_modules/monitoring-plugins-ts");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "--strip-components=1", "-C", installed]);
  for (const name of withDependencies([...Object.keys(dependencies), "@types/node"])) {
    cpSync(join(root, "node_modules", name), join(folder, "node_modules", name), { recursive: true });
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    lib: ["es2023"],
    strict: true,
    types: ["node"],
    outDir: "out",
    rootDir: ".",
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  // the example of the package's own page
  const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(installed, "README.md"), "utf8")) ?? [];
  writeFileSync(join(folder, "check_load1.ts"), example);
  const all = Object.keys(exports).map((name, i) => `import * as m${i} from "monitoring-plugins-ts${name.slice(1)}";`);
  const uses = all.map((_, i) => `if (Object.keys(m${i}).length === 0) throw new Error("m${i} is empty");`);
  writeFileSync(join(folder, "every-export.ts"), [...all, ...uses, ""].join("\n"));

  // not skipLibCheck: the types that are shipped are checked as well
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [tsc, "--project", folder], { cwd: folder }).catch(
    (error: { stdout: string }) => assert.fail(error.stdout),
  );
  const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, args, { cwd: folder });
  const answer = await run("out/check_load1.js", "-w", "100000", "-c", "200000");
  assert.match(answer.stdout, /^check_load1 OK - load is [\d.]+ \| 'load1'=[\d.]+;100000;200000;0\n$/);
  await assert.rejects(run("out/check_load1.js", "-w", "x"), { code: 3 });
  await run("out/every-export.js");
});
