import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** A program that tests run, or a Java library of one, and the Debian package it comes from. */
export interface Requirement {
  readonly program: string;
  readonly debianPackage: string;
}

/** Everything the tests want beside Node. */
export const REQUIREMENTS = [
  { program: "gearmand", debianPackage: "gearman-job-server" },
  { program: "gearman", debianPackage: "gearman-tools" },
  { program: "openssl", debianPackage: "openssl" },
  { program: "tmux", debianPackage: "tmux" },
  { program: "script", debianPackage: "bsdutils" },
  { program: "prlimit", debianPackage: "util-linux" },
  { program: "setpriv", debianPackage: "util-linux" },
  { program: "unshare", debianPackage: "util-linux" },
  { program: "icinga2", debianPackage: "icinga2-bin" },
  { program: "nagios4", debianPackage: "nagios4-core" },
  { program: "nrpe", debianPackage: "nagios-nrpe-server" },
  { program: "check_tcp", debianPackage: "monitoring-plugins-basic" },
  { program: "check_nrpe", debianPackage: "nagios-nrpe-plugin" },
  { program: "visudo", debianPackage: "sudo" },
  { program: "dpkg-deb", debianPackage: "dpkg" },
  { program: "lintian", debianPackage: "lintian" },
  { program: "man", debianPackage: "man-db" },
  { program: "bwrap", debianPackage: "bubblewrap" },
  { program: "mmdebstrap", debianPackage: "mmdebstrap" },
  { program: "nsenter", debianPackage: "util-linux" },
  { program: "influxd", debianPackage: "influxdb" },
  { program: "carbon-cache", debianPackage: "graphite-carbon" },
  { program: "graphite-manage", debianPackage: "graphite-web" },
  { program: "systemd-analyze", debianPackage: "systemd" },
  { program: "rabbitmq-server", debianPackage: "rabbitmq-server" },
  // of the JDK: tests start Java from its source
  { program: "javac", debianPackage: "openjdk-17-jdk-headless" },
  { program: "activemq-broker.jar", debianPackage: "libactivemq-java" },
  { program: "jolokia-core.jar", debianPackage: "libjolokia-core-java" },
  { program: "jetty9-server.jar", debianPackage: "libjetty9-java" },
] as const satisfies readonly Requirement[];

export type Program = (typeof REQUIREMENTS)[number]["program"];

// daemons live in sbin, which is not on an ordinary user's PATH; plugins are on nobody's
const SEARCH = [
  ...(process.env.PATH ?? "").split(":"),
  ...["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/bin", "/usr/lib/nagios/plugins"],
  "/usr/share/java",
];

function find(program: string): string | undefined {
  return SEARCH.map((folder) => join(folder || ".", program)).find((path) => {
    try {
      accessSync(path, program.endsWith(".jar") ? constants.R_OK : constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why a test cannot run and what to type about it; undefined when all of `programs` are there. */
export function lacking(...programs: readonly Program[]): string | undefined {
  const missing = REQUIREMENTS.filter(({ program }) => programs.includes(program) && find(program) === undefined);
  if (missing.length === 0) return undefined;
  const names = missing.map(({ program }) => program).join(", ");
  return `needs ${names}: apt-get install ${missing.map(({ debianPackage }) => debianPackage).join(" ")}`;
}

/** @throws Error with the sentence of {@link lacking}, which is how a test fails that may not be skipped. */
export function programPath(program: Program): string {
  const path = find(program);
  if (path === undefined) throw new Error(lacking(program));
  return path;
}

/** Installs what is missing, when it may: as root or by passwordless sudo, on a system that has apt-get. */
export function installMissing(log: (line: string) => void): void {
  const missing = REQUIREMENTS.filter(({ program }) => find(program) === undefined);
  if (missing.length === 0) return;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  const asRoot = find("apt-get") === undefined ? undefined : rootPrefix();
  if (asRoot !== undefined) {
    log(`installing ${packages.join(" ")}, which tests need`);
    const failure = aptInstall(asRoot, packages);
    if (failure !== undefined) log(failure);
  }
  const still = missing.filter(({ program }) => find(program) === undefined);
  for (const { program, debianPackage } of still) {
    log(`tests that need ${program} cannot run; to have them: apt-get install ${debianPackage}`);
  }
}

/** What to put before a command to run it as root; undefined when that takes a password. */
function rootPrefix(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" });
  return sudo.status === 0 ? ["sudo", "-n"] : undefined;
}

function aptInstall(asRoot: readonly string[], packages: readonly string[]): string | undefined {
  const apt = (...args: readonly string[]) => {
    // through env(1), because sudo drops the caller's environment
    const [command, ...rest] = [...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", ...args];
    execFileSync(command ?? "env", rest, { stdio: ["ignore", "ignore", "pipe"] });
  };
  const install = () => apt("install", "-y", "--no-install-recommends", ...packages);
  try {
    install();
  } catch {
    try {
      // a fresh container has no package lists
      apt("update");
      install();
    } catch (error) {
      return (error as Error).message;
    }
  }
  return undefined;
}
