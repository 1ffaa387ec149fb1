import { execFile, execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Owner } from "./owner.ts";

/** What maintainer scripts of packages may count on, and what our own depends on; what these depend on comes along. */
const PACKAGES = ["dpkg", "adduser", "dash", "coreutils", "libc-bin", "perl-base"];

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Also what is seen twice because /bin is a link to /usr/bin. */
const NOTES =
  /^(?:(?:bin|sbin|lib\d*)\/|var\/(?:lib\/dpkg|log|cache)|etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-?$|etc\/\.pwd\.lock|run\/adduser)/;

/** A small Debian in a folder: the files of a few packages of this system, a package database of its own, and Node. */
export class CleanRoot {
  readonly path: string;

  /** Needs to be root, who alone can install packages and own files as others. */
  constructor(owner: Owner, template?: CleanRoot) {
    this.path = mkdtempSync(join(tmpdir(), "test-root-"));
    owner.after(() => rmSync(this.path, { recursive: true, force: true }));
    chmodSync(this.path, 0o755);
    // by links: dpkg and adduser write files anew, as write() does
    if (template !== undefined) execFileSync("cp", ["-al", `${template.path}/.`, this.path]);
    else this.#fill();
  }

  /** As it is now, for somebody who then does other things with it. */
  copy(owner: Owner): CleanRoot {
    return new CleanRoot(owner, this);
  }

  #fill(): void {
    for (const folder of ["bin", "sbin", "lib", "lib64"]) this.#mergeIntoUsr(folder);
    this.#copyPackages(withDependencies(PACKAGES));
    this.#copyNode();
    for (const folder of ["dev", "proc", "root", "run", "var/log"])
      mkdirSync(join(this.path, folder), { recursive: true });
    this.write(
      "etc/passwd",
      "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    );
    this.write("etc/group", "root:x:0:\nnogroup:x:65534:\n");
    this.write("etc/shadow", "root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n");
    this.write("dev/null", "");
  }

  /** Runs dpkg on the packages of the folder. @returns what it printed. @throws Error with its words when it fails */
  dpkg(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync("dpkg", [`--root=${this.path}`, ...args], {
      encoding: "utf8",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive" },
    });
    if (status !== 0) throw new Error(`dpkg ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout + stderr;
  }

  /** Runs a program inside, with the numbers of a user that /etc/passwd of the folder knows. Exit codes are no errors. */
  run(user: string, file: string, ...args: readonly string[]): Promise<Finished> {
    const [, uid = "", gid = ""] = new RegExp(`^${user}:[^:]*:(\\d+):(\\d+):`, "m").exec(this.read("etc/passwd")) ?? [];
    const inside = ["--bind", this.path, "/", "--proc", "/proc", "--dev", "/dev", "--die-with-parent", "--chdir", "/"];
    const who = ["--unshare-user", "--uid", uid, "--gid", gid, "--clearenv"];
    return new Promise((done) => {
      const child = execFile("bwrap", [...inside, ...who, "--", file, ...args], (_, stdout, stderr) =>
        done({ status: child.exitCode, stdout, stderr }),
      );
    });
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), "utf8");
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    rmSync(join(this.path, path), { force: true });
    writeFileSync(join(this.path, path), text);
  }

  /** Every file and folder with owner, mode and size, but for the notes that dpkg and adduser keep. */
  listing(): ReadonlySet<string> {
    const paths = readdirSync(this.path, { recursive: true, encoding: "utf8" }).filter((path) => !NOTES.test(path));
    return new Set(
      paths.map((path) => {
        const { uid, mode, size } = lstatSync(join(this.path, path));
        return `${path} ${uid} ${mode.toString(8)} ${(mode & constants.S_IFMT) === constants.S_IFREG ? size : ""}`;
      }),
    );
  }

  /** On a system where /bin is a link to /usr/bin, files that packages have in /bin land there. */
  #mergeIntoUsr(folder: string): void {
    mkdirSync(join(this.path, "usr", folder), { recursive: true });
    if (lstatSync(`/${folder}`).isSymbolicLink()) execFileSync("ln", ["-s", `usr/${folder}`, join(this.path, folder)]);
  }

  #copyPackages(packages: readonly string[]): void {
    const query = (what: string) => execFileSync("dpkg-query", [what, ...packages], { encoding: "utf8" });
    const files = query("-L")
      .split("\n")
      .filter((path) => path.startsWith("/") && !/^\/usr\/share\/(?:doc|man|locale)/.test(path));
    // the lists name folders too, which tar would otherwise take with all that is in them
    const copy = 'tar -C / --no-recursion --ignore-failed-read -cf - -T - | tar -C "$1" --keep-directory-symlink -xf -';
    execFileSync("/bin/sh", ["-c", copy, "sh", this.path], {
      input: [...new Set(files)].map((path) => `.${path}\n`).join(""),
      stdio: ["pipe", "ignore", "ignore"],
    });
    const node = [
      "Package: nodejs",
      "Status: install ok installed",
      `Version: ${process.versions.node}`,
      "Architecture: all",
      "Maintainer: nobody",
      "Description: the Node of the tests",
    ];
    this.write("var/lib/dpkg/status", `${query("-s")}\n${node.join("\n")}\n`);
    for (const name of [...packages, "nodejs"]) this.write(`var/lib/dpkg/info/${name}.list`, "/.\n");
    mkdirSync(join(this.path, "var/lib/dpkg/updates"), { recursive: true });
  }

  #copyNode(): void {
    const libraries = execFileSync("ldd", [process.execPath], { encoding: "utf8" }).matchAll(/(\/\S+) \(/g);
    for (const [, path = ""] of libraries) {
      const copy = join(this.path, path);
      // the loader is there already, as a link to an absolute path: writing to it would be writing to this system's
      if (lstatSync(copy, { throwIfNoEntry: false }) !== undefined) continue;
      mkdirSync(dirname(copy), { recursive: true });
      copyFileSync(path, copy);
    }
    const node = join(this.path, "usr/bin/node");
    try {
      linkSync(process.execPath, node);
    } catch {
      // on another file system
      copyFileSync(process.execPath, node);
    }
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query has the same notation
const WITH_DEPENDENCIES = "${Status}\n${Pre-Depends},${Depends}";

/** The packages of this system that `names` depend on, themselves included. */
function withDependencies(names: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name)) continue;
    const query = spawnSync("dpkg-query", ["-W", "-f", WITH_DEPENDENCIES, name], {
      encoding: "utf8",
    });
    const [status = "", depends = ""] = query.stdout.split("\n");
    if (query.status !== 0 || !status.endsWith(" installed")) continue;
    found.add(name);
    queue.push(
      ...depends
        .split(/[,|]/)
        .map((dependency) => dependency.trim().replace(/[ :(].*$/s, ""))
        .filter(Boolean),
    );
  }
  return [...found].sort();
}
