// What the plugin guidelines ask of every plugin, by running every executable.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { type Plugin, readCommandLine } from "monitoring-plugins-ts";

import { fromPlugins } from "../../generate/plugins.ts";
import { isCheck, programNames } from "../../packaging/programs.mjs";
import { onlyByNode, PLUGINS_DIR, type RunOptions, runPlugin, startPlugin } from "../support/exec.ts";
import type { Fixtures } from "../support/fixtures.ts";
import { nodeBinary, OTHER_NODES } from "../support/node-versions.ts";
import { parseOutput } from "../support/perfdata.ts";
import { procTree } from "../support/proc-tree.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
const COLUMNS = 80;
const USAGE_LINES = 23;

/** Of the plugins whose folder has none yet. */
const CENTRAL: Readonly<Record<string, Fixtures>> = {
  check_liveproxy: {
    ordinary: async () => ["-H", "unix:/dev/null/none"],
    selecting: [
      ...[
        "-O",
        "--omd-root",
        "--socket-dir",
        "--state-file",
        "--pidfile",
        "-H",
        "--lmd",
        "-s",
        "--include",
        "--exclude",
      ],
    ],
  },
  check_gearman_fd_leak: {
    // without a folder for its samples, so that each run is the first
    async ordinary(t) {
      const root = procTree(t, { processes: { 7: { fds: ["/dev/null", "/a", "/a"], rssKiB: 2048 } } });
      return ["--proc", root, "--state-dir", "/dev/null/none"];
    },
    selecting: ["-C", "--pid", "--pidfile", "-u", "-H", "--proc"],
  },
};

const fixtures = new Map([...Object.entries(CENTRAL), ...(await fromPlugins<Fixtures>("test/fixtures.ts"))]);

const ordinary = async (name: string, t: TestContext) => (await fixtures.get(name)?.ordinary?.(t)) ?? ["--version"];

const plugins = programNames();

test("every plugin has its executable", () => {
  const built = readdirSync(PLUGINS_DIR);
  assert.deepEqual(
    plugins.filter((name) => !built.includes(name)),
    [],
  );
});

/** What the declaration of a plugin says, to know which of its options take a range. */
async function declaration(name: string): Promise<Plugin> {
  return ((await import(`../../plugins/${name}/index.ts`)) as { default: Plugin }).default;
}

/** Runs a plugin and asserts that it ended by itself, and silently on stderr. */
async function run(name: string, args: readonly string[], options: RunOptions = {}) {
  const { code, signal, stdout, stderr } = await runPlugin(name, args, options);
  assert.deepEqual({ signal, stderr }, { signal: null, stderr: "" }, `${args.join(" ")}: ${stdout}`);
  return { code, stdout };
}

/**
 * What the declaration of an executable makes of arguments that it must refuse; that the executable does the same is shown by
 * {@link refuse} for some, as it costs a start for each.
 */
async function refuseDeclared(name: string, args: readonly string[], named: string) {
  const { options } = await declaration(name);
  await assert.rejects(readCommandLine(options, args), ({ message }: Error) => message.includes(named), args.join(" "));
}

/** Runs a plugin with senseless arguments: UNKNOWN, the text named, the short usage behind. */
async function refuse(name: string, args: readonly string[], named: string, options: RunOptions = {}) {
  const { code, stdout } = await run(name, args, options);
  assert.equal(code, 3, stdout);
  const { text, long } = parseOutput(stdout);
  const plugin = basename(name);
  assert.ok(text.startsWith(`${plugin} UNKNOWN - `), stdout);
  assert.ok(text.includes(named), stdout);
  assert.ok(long.length < USAGE_LINES, stdout);
  assert.equal(long[0]?.startsWith(`Usage: ${plugin} `), true, stdout);
  assertNarrow(long);
}

function assertNarrow(lines: readonly string[]) {
  for (const line of lines) assert.ok(line.length <= COLUMNS, `${line.length} columns: ${line}`);
}

function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "test-contract-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The plugin's file alone in a folder, but for a package.json that says what kind of modules are there. */
function copyOf(name: string, folder: string, type?: string): string {
  if (type !== undefined) writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
  const path = join(folder, name);
  copyFileSync(join(PLUGINS_DIR, name), path);
  return path;
}

// a test mostly waits for the process that it has started
describe("all plugins", { concurrency: 3 }, () => {
  for (const name of plugins) {
    test(`${name}: --help and -h begin with name and version, list every option with its default, in 80 columns`, async () => {
      const { code, stdout } = await run(name, ["--help"]);
      assert.equal(code, 3);
      const lines = stdout.split("\n");
      assert.equal(lines[0], `${name} ${version}`);
      assert.equal(lines.at(-1), "");
      assertNarrow(lines);
      const text = stdout.replaceAll(/\s+/g, " ");
      for (const option of Object.values((await declaration(name)).options)) {
        assert.ok(text.includes(`${option.flags} `), option.flags);
        if (option.default !== undefined) assert.ok(text.includes(`(default: ${option.default})`), option.flags);
      }
      assert.equal((await run(name, ["-h"])).stdout, stdout);
      // whatever else is there
      assert.equal((await run(name, ["-t", "abc", "-h"])).stdout, stdout);
    });

    test(`${name}: -V and --version print name and version`, async () => {
      for (const option of ["-V", "--version"]) {
        assert.deepEqual(await run(name, [option]), { code: 3, stdout: `${name} ${version}\n` });
      }
    });

    test(`${name}: what it cannot make sense of is UNKNOWN, named, with a short usage`, async () => {
      await refuse(name, ["--no-such-option"], "--no-such-option");
      await refuse(name, ["--verbsoe"], "--verbsoe");
      await refuse(name, ["-?"], "-?");
      await refuse(name, ["positional"], "'positional'");
      if (!("takesCommand" in (await declaration(name)))) await refuse(name, ["--", "positional"], "'positional'");
      await refuse(name, ["-V", "-"], "'-'");
      await refuse(name, ["--verbose=3"], "--verbose=3");
      await refuse(name, ["-t"], "-t, --timeout");
      await refuse(name, ["-t", "0"], "'0'");
      await refuse(name, ["-t", "abc"], "'abc'");
      await refuse(name, ["-t", "5:NEVER"], "NEVER'");
    });

    test(`${name}: a bad range is UNKNOWN and named, for every option that takes one`, async (t) => {
      const options = Object.values((await declaration(name)).options).filter(({ flags }) =>
        /<(?:range|(?:\[name=\])?n)>$/.test(flags),
      );
      if (options.length === 0) return t.skip("it has no option with a range");
      const longs = options.map(({ flags }) => flags.split(/[ ,]+/).find((flag) => flag.startsWith("--")) ?? "");
      for (const long of longs) {
        for (const range of ["20:10", "10abc"]) await refuseDeclared(name, [long, range], `'${range}'`);
      }
      await refuse(name, [longs[0] ?? "", "20:10"], "'20:10'");
    });

    test(`${name}: what says where to look is UNKNOWN when it is empty`, async () => {
      const declared = Object.values((await declaration(name)).options).filter(({ selects }) => selects);
      const flags = declared.map(({ flags }) => flags.split(/[ ,]/)[0]);
      assert.deepEqual(flags, fixtures.get(name)?.selecting);
      for (const flag of flags) {
        assert.ok(flag !== undefined);
        await refuseDeclared(name, [flag, ""], `${flag} is empty`);
      }
      if (flags[0] !== undefined) await refuse(name, [flags[0], ""], ` - ${flags[0]} is empty`);
    });

    test(`${name}: what says where to look is UNKNOWN when it is given twice and one counts`, async () => {
      const options = Object.values((await declaration(name)).options).filter(
        ({ kind, selects }) => selects && kind === "value",
      );
      const flags = options.map(({ flags }) => flags.split(/[ ,]/)[0] ?? "");
      for (const flag of flags) await refuseDeclared(name, [flag, "1", flag, "2"], `${flag} is given twice`);
      const [first] = flags;
      if (first !== undefined) await refuse(name, [first, "1", first, "2"], ` - ${first} is given twice`);
    });

    test(`${name}: an ordinary answer is well-formed, in any environment`, async (t) => {
      const args = await ordinary(name, t);
      const { code, stdout } = await run(name, args);
      const { text } = parseOutput(stdout);
      const word = /^\w+ (OK|WARNING|CRITICAL|UNKNOWN) - /.exec(text)?.[1];
      if (word !== undefined) assert.equal(["OK", "WARNING", "CRITICAL", "UNKNOWN"][code ?? -1], word);
      if (isCheck(name)) assert.ok(parseOutput(stdout).perfdata.length > 0);

      const same = async (what: string, options: RunOptions) =>
        assert.deepEqual(await run(name, args, options), { code, stdout }, what);
      await same("no environment", { noEnvironment: true });
      await same("another language, zone and width", {
        env: { LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", TZ: "Pacific/Chatham", COLUMNS: "20", FORCE_COLOR: "3" },
      });
      await same("no stdin", { stdin: "closed" });
      await same("something on stdin", { input: "rubbish\n" });
      await same("a folder that is not ours", { cwd: "/" });
    });

    test(`${name}: an answer that cannot be written is UNKNOWN, with one line on stderr`, async (t) => {
      const node = { env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` } };
      for (const args of [await ordinary(name, t), ["--help"], ["-V"], ["--no-such-option"]]) {
        const full = await runPlugin(name, args, { stdout: "full" });
        assert.deepEqual([full.code, full.stdout], [3, ""]);
        assert.match(
          full.stderr,
          new RegExp(`^${name} UNKNOWN - cannot write the answer: ENOSPC: no space left on device\n$`),
        );
        const closed = await runPlugin(name, args, { stdout: "closed", ...node });
        assert.deepEqual([closed.code, closed.stdout], [3, ""]);
        assert.equal(closed.stderr, `${name} UNKNOWN - cannot write the answer: stdout is closed\n`);
      }
    });

    test(`${name}: a stdout that nobody reads, or of which nothing is kept, is no reason to complain`, async (t) => {
      const args = await ordinary(name, t);
      const { code } = await run(name, args);
      for (const stdout of ["broken", "ignored"] as const) {
        assert.deepEqual(await run(name, args, { stdout }), { code, stdout: "" });
        assert.deepEqual(await run(name, ["--help"], { stdout }), { code: 3, stdout: "" });
      }
      const { child, finished } = startPlugin(name, ["--help"]);
      child.stdout?.once("data", () => child.stdout?.destroy());
      const { code: helpCode, signal, stderr } = await finished;
      assert.deepEqual([helpCode, signal, stderr], [3, null, ""]);
    });

    test(`${name}: the file alone is enough, whatever package.json stands above it`, onlyByNode, async (t) => {
      const args = await ordinary(name, t);
      const expected = await run(name, args);
      for (const type of [undefined, "commonjs", "module"]) {
        const copy = copyOf(name, emptyFolder(t), type);
        assert.deepEqual(await run(copy, args), expected, type);
        await refuse(copy, ["--no-such-option"], "--no-such-option");
      }
    });

    test(`${name}: it is an executable file that starts Node by itself, whatever NODE_OPTIONS are`, onlyByNode, () => {
      const path = join(PLUGINS_DIR, name);
      assert.equal(statSync(path).mode & 0o777, 0o755);
      const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, NODE_OPTIONS: "--require=/nowhere" };
      const { status, stdout, stderr } = spawnSync(path, ["-t", "a b", "-t", ""], { env, encoding: "utf8" });
      assert.deepEqual([status, stderr], [3, ""]);
      assert.match(stdout, new RegExp(`^${name} UNKNOWN - option '-t, .*'a b'`));
    });

    test(`${name}: it carries the licences of all it contains`, onlyByNode, async () => {
      const { metafile } = await build({
        entryPoints: [join(ROOT, "plugins", name, "index.ts")],
        absWorkingDir: ROOT,
        bundle: true,
        platform: "node",
        conditions: ["monitoring-plugins-source"],
        metafile: true,
        write: false,
      });
      const words = (text: string) =>
        text
          .replaceAll(/^\/\/ ?/gm, "")
          .replaceAll(/\s+/g, " ")
          .trim();
      const file = words(readFileSync(join(PLUGINS_DIR, name), "utf8"));
      const folders = new Set(
        Object.keys(metafile.inputs).flatMap((path) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
      );
      for (const folder of [...folders, "."]) {
        const licence = readdirSync(join(ROOT, folder)).find((entry) => /^licen[cs]e/i.test(entry));
        assert.ok(licence !== undefined, folder);
        assert.ok(file.includes(words(readFileSync(join(ROOT, folder, licence), "utf8"))), folder);
      }
    });
  }

  for (const name of plugins) {
    test(`the executable run by other Nodes as by ${process.version}: ${name}`, onlyByNode, async (t) => {
      const copies = [copyOf(name, emptyFolder(t)), copyOf(name, emptyFolder(t), "module")];
      const argvs = [await ordinary(name, t), ["--help"], ["--no-such-option"]];
      const answers = await Promise.all(argvs.map(async (argv) => ({ argv, expected: await run(name, argv) })));
      for (const node of OTHER_NODES) {
        await t.test(`Node ${node}`, async (t) => {
          let binary: string;
          try {
            binary = await nodeBinary(node);
          } catch (error) {
            if (process.env.CI === "true") throw error;
            return t.skip(`Node ${node} cannot be had: ${(error as Error).message.split("\n")[0]}`);
          }
          for (const [n, { argv, expected }] of answers.entries()) {
            // what stands in package.json decides whether a file is read at all: one answer of both shows that
            for (const copy of n === 0 ? copies : copies.slice(1)) {
              assert.deepEqual(await run(copy, argv, { node: binary }), expected, `${name} ${argv.join(" ")}`);
            }
          }
        });
      }
    });
  }
});
