// The packages of npm: what is in them, and that a plugin can be written outside of this repository with nothing else.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { programNames, root } from "../../packaging/programs.mjs";
import { scripted } from "../servers/misbehaving.ts";

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
  // the examples of the package's own page, each under the name it gives its plugin
  const page = readFileSync(join(installed, "README.md"), "utf8");
  for (const [, example = ""] of page.matchAll(/```ts\n([\s\S]*?)```/g)) {
    writeFileSync(join(folder, `${/name: "(\w+)"/.exec(example)?.[1]}.ts`), example);
  }
  const all = Object.keys(exports).map((name, i) => `import * as m${i} from "monitoring-plugins-ts${name.slice(1)}";`);
  const uses = all.map((_, i) => `if (Object.keys(m${i}).length === 0) throw new Error("m${i} is empty");`);
  writeFileSync(join(folder, "every-export.ts"), [...all, ...uses, ""].join("\n"));

  // not skipLibCheck: the types that are shipped are checked as well
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [tsc, "--project", folder], { cwd: folder }).catch(
    (error: { stdout: string }) => assert.fail(error.stdout),
  );
  const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, args, { cwd: folder });
  const load = await run("out/check_load1.js", "-w", "100000", "-c", "200000");
  assert.match(load.stdout, /^check_load1 OK - load is [\d.]+ \| 'load1'=[\d.]+;100000;200000;0\n$/);
  await assert.rejects(run("out/check_load1.js", "-w", "x"), { code: 3 });
  await run("out/every-export.js");

  // as the page says it is bundled; the file alone in another folder
  const [command = ""] = /npx (esbuild check_memcached\.ts .*)/.exec(page)?.slice(1) ?? [];
  execFileSync("sh", ["-c", join(root, "node_modules/.bin", command)], { cwd: folder, stdio: "pipe" });
  const alone = emptyFolder(t);
  renameSync(join(folder, "check_memcached"), join(alone, "check_memcached"));
  for (const file of ["out/check_memcached.js", join(alone, "check_memcached")]) {
    const ask = (address: string, ...args: readonly string[]) =>
      run(file, "-H", address, "-t", "60", ...args).catch((error: { code: number; stdout: string }) => error);
    const stats = "STAT curr_connections 10\r\nSTAT bytes 0\r\nSTAT evictions 0\r\nEND\r\n";
    const { address } = await scripted(t, () => stats);
    const perfdata = (critical: string) => `'connections'=10;500;${critical};0 'stored'=0B;;;0 'evictions'=0c;;;0`;
    assert.equal((await ask(address)).stdout, `check_memcached OK - 10 open connections | ${perfdata("900")}\n`);
    assert.equal(
      (await ask(address, "-c", "9")).stdout,
      `check_memcached CRITICAL - 10 open connections | ${perfdata("9")}\n`,
    );
    const cut = await scripted(t, () => "STAT bytes 7\r\nEND\r\n");
    assert.match(
      (await ask(cut.address)).stdout,
      /^check_memcached UNKNOWN - open connections: not known \| 'stored'=7B/,
    );
    const other = await scripted(t, () => "HTTP/1.1 400 Bad Request\r\n");
    assert.equal(
      (await ask(other.address)).stdout,
      `check_memcached UNKNOWN - ${other.address} is no memcached: 'HTTP/1.1 400 Bad Request'\n`,
    );
    const silent = await scripted(t, () => undefined);
    assert.match(
      (await ask(silent.address, "-t", "12:WARNING")).stdout,
      /^check_memcached WARNING - no complete answer from /,
    );
  }
});
