// A Debian 12 as it comes, booted beside this machine: for what an administrator does there with apt, dpkg and systemctl.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { root } from "../../packaging/programs.mjs";
import { lacking } from "./debian.ts";
import { kill, type Owner, spawnOwned } from "./owner.ts";
import { until } from "./until.ts";

const RELEASE = "bookworm";
const BOOT = fileURLToPath(new URL("boot.sh", import.meta.url));
const APT_HELPER = "/usr/lib/apt/apt-helper";
const ENVIRONMENT = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive"];

/** New namespaces, all of whose processes end with the one that is started in them, and that one with its starter. */
const UNSHARE = ["--mount", "--pid", "--fork", "--kill-child"];

interface Mirror {
  readonly address: string;
  /** Of its list of what this release is made of. */
  readonly digest: string;
}

let mirror: Mirror | undefined;

/** Base systems that mmdebstrap has made, each for as long as the release is made of the same and in the same way. */
const KEPT = join(root, "node_modules/.cache/debian");

/** Where this machine has Debian's packages from: of the places in apt's configuration the one that has this release. */
function findMirror(): Mirror | undefined {
  const printed = execFileSync("apt-get", ["update", "--print-uris"], { encoding: "utf8" });
  const places = new Set([...printed.matchAll(/^'(\S+\/)dists\//gm)].map(([, place = ""]) => place));
  const folder = mkdtempSync(join(tmpdir(), "test-mirror-"));
  const file = join(folder, "InRelease");
  try {
    for (const address of places) {
      // by apt's own means, which knows about proxies and passwords
      const list = `${address}dists/${RELEASE}/InRelease`;
      const { status } = spawnSync(APT_HELPER, ["download-file", list, file], { stdio: "ignore" });
      const text = status === 0 ? readFileSync(file, "utf8") : "";
      const lines = text.split("\n");
      if (["Origin: Debian", "Label: Debian", `Codename: ${RELEASE}`].every((line) => lines.includes(line))) {
        return { address, digest: createHash("sha256").update(text).digest("hex") };
      }
    }
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The proxy of apt's configuration, for programs that are not apt. */
function proxy(): Readonly<Record<string, string>> {
  const shell = execFileSync("apt-config", ["shell", "http_proxy", "Acquire::http::Proxy"], { encoding: "utf8" });
  const [, found] = /='(.+)'/.exec(shell) ?? [];
  return found === undefined ? {} : { http_proxy: found, https_proxy: found };
}

/** Why there can be no fresh Debian here; undefined when there can. With `CI=true` that is an error. */
export function lackingFreshDebian(): string | undefined {
  const reason = whyNot();
  if (reason !== undefined && process.env.CI === "true") throw new Error(reason);
  return reason;
}

function whyNot(): string | undefined {
  if (process.arch !== "x64" || !existsSync(APT_HELPER)) return "needs a Debian on x64";
  if (process.getuid?.() !== 0) return "only root boots a system in a folder";
  const missing = lacking("mmdebstrap", "unshare", "nsenter", "setpriv");
  if (missing !== undefined) return missing;
  mirror ??= findMirror();
  return mirror === undefined ? "apt's sources have no mirror of Debian that can be reached" : undefined;
}

/** How a command ended. */
interface Ended {
  readonly status: number | null;
  /** stdout and stderr in one, as on a terminal. */
  readonly output: string;
}

/** Makes $1, a release $3 from the mirror $4, unless it is there. */
const MAKE_BASE = `[ -e "$1" ] || {
  rm -f "\${1%/*}"/*.tar*
  TMPDIR=$2 mmdebstrap --mode=root --format=tar --variant=minbase --include=systemd-sysv,ca-certificates \\
    --skip=cleanup/apt/lists "$3" "$1.part" "$4" &&
    mv "$1.part" "$1"
}`;

/**
 * A system with its own systemd, and no network but its own loopback: what listens in it cannot be reached from outside,
 * whatever the port, and ends with it.
 */
export class FreshDebian {
  readonly path: string;
  /** Its host name. */
  readonly name: string;
  /** Of its systemd, as this machine sees it. */
  #pid = 0;

  private constructor(path: string, name: string) {
    this.path = path;
    this.name = name;
  }

  /**
   * Installs a Debian and boots it. It ends with its owner.
   *
   * @param packages that apt has at hand there, which has no network: they are fetched, but not installed
   */
  static async boot(owner: Owner, packages: readonly string[]): Promise<FreshDebian> {
    const system = new FreshDebian(mkdtempSync(join(tmpdir(), "test-fresh-debian-")), `fresh-${process.pid}`);
    // as any system's root; mkdtemp() lets nobody in
    chmodSync(system.path, 0o755);
    let stop = async () => {};
    owner.after(async () => {
      await stop();
      rmSync(system.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    });
    await system.#install(owner, packages);
    stop = await system.#boot(owner);
    return system;
  }

  /** Runs a script of bash(1) as root, in root's home. Exit codes are no errors. */
  run(script: string): Promise<Ended> {
    // in no case on the machine itself
    const guarded = `exec 2>&1; grep -qx ${this.name} /etc/hostname || exit 99; cd; ${script}`;
    const inside = ["--all", "--target", `${this.#pid}`, "env", "-i", ...ENVIRONMENT, "bash", "-ec", guarded];
    return new Promise((done) => {
      const child = execFile("nsenter", inside, { maxBuffer: 2 ** 26 }, (_, output) =>
        done({ status: child.exitCode, output }),
      );
      child.stdin?.end();
    });
  }

  /** A program that runs beside what {@link run} does, until the owner ends. */
  start(owner: Owner, script: string): void {
    spawnOwned(owner, "nsenter", ["--all", "--target", `${this.#pid}`, "bash", "-c", script], { stdio: "ignore" });
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), "utf8");
  }

  #write(path: string, text: string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), text);
  }

  async #install(owner: Owner, packages: readonly string[]): Promise<void> {
    const outside = (...command: readonly string[]) => succeed(owner, ["unshare", ...UNSHARE, ...command]);
    assert.ok(mirror !== undefined);
    const kind = createHash("sha256").update(mirror.digest).update(MAKE_BASE).digest("hex");
    const kept = join(KEPT, `${RELEASE}-${kind}.tar`);
    mkdirSync(KEPT, { recursive: true });
    // of two tests that have none yet one makes it, and the other waits; it works in the folder that is ended with the system's
    const making = ["sh", "-c", MAKE_BASE, "sh", kept, this.path, RELEASE, mirror.address];
    await outside("--mount-proc", "flock", join(KEPT, "lock"), ...making);
    await succeed(owner, ["tar", "-C", this.path, "-xpf", kept]);
    // nobody is there to be asked, a page has to name all that it needs, and nothing has to survive a loss of power
    const apt = ['APT::Get::Assume-Yes "true";', 'APT::Install-Recommends "false";', 'Acquire::Retries "0";', ""];
    this.#write("etc/apt/apt.conf.d/test", apt.join("\n"));
    this.#write("etc/dpkg/dpkg.cfg.d/test", "force-unsafe-io\n");
    this.#write("etc/hosts", readFileSync("/etc/hosts", "utf8"));
    await outside("chroot", this.path, "apt-get", "install", "--download-only", ...packages);
    this.#write("etc/hosts", `127.0.0.1\tlocalhost\n127.0.1.1\t${this.name}\n`);
    this.#write("etc/hostname", `${this.name}\n`);
  }

  async #boot(owner: Owner): Promise<() => Promise<void>> {
    const boot = [...UNSHARE, "--net", "--uts", "--ipc", "sh", BOOT, this.path, this.name];
    const outer = spawnOwned(owner, "unshare", boot, { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    outer.stderr?.on("data", (chunk: Buffer) => {
      errors += chunk;
    });
    const stop = async () => {
      await kill(outer);
      await succeed(owner, ["unshare", "--mount", "sh", "-c", REMOVE_GROUP, "sh", this.path, this.name]);
    };
    let said = "";
    const isBooted = async () => {
      this.#pid = Number(readOr("", () => readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, "utf8")));
      // until it is systemd, the namespaces still show the files of the machine
      const isUp = /\/systemd$/.test(readOr("", () => readlinkSync(`/proc/${this.#pid}/exe`)));
      // a unit that cannot live here is no reason not to go on: what is needed is looked at later
      said = isUp ? (await this.run("systemctl is-system-running || true")).output : "";
      if (outer.exitCode !== null) throw new Error(`the fresh Debian does not boot: ${errors}${said}`);
      return /^(?:running|degraded)$/m.test(said);
    };
    try {
      await until(isBooted, () => `the boot: ${errors}${said}`, 200);
      return stop;
    } catch (error) {
      await stop();
      throw error;
    }
  }
}

/** Removes the control groups of a system that has ended, or is about to. */
const REMOVE_GROUP = `
mount -t cgroup2 cgroup2 "$1"
for attempt in $(seq 100); do
	[ -d "$1/$2" ] || exit 0
	find "$1/$2" -depth -type d -exec rmdir {} + 2>/dev/null && exit 0
	sleep 0.1
done
exit 1`;

/** @throws Error with what it said when it fails */
async function succeed(owner: Owner, [file = "", ...args]: readonly string[]): Promise<void> {
  const child = spawnOwned(owner, file, args, {
    stdio: ["ignore", "pipe", "pipe"],
    // nothing of it has to survive a loss of power, which takes longer than all the rest
    env: { ...process.env, ...proxy(), LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", DPKG_FORCE: "unsafe-io" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      said += chunk;
    });
  }
  const status = await new Promise((done, failed) => child.once("error", failed).once("close", done));
  if (status !== 0) throw new Error(`${file} ${args.join(" ")}: ${status}\n${said.slice(-2000)}`);
}

function readOr(missing: string, read: () => string): string {
  try {
    return read();
  } catch {
    return missing;
  }
}
