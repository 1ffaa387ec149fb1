import { readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../programs.mjs";
import { diversions } from "./tree.ts";

/** Who is to be asked about the package: whoever builds it, by the variables that Debian's tools read. */
export function maintainer(): string {
  const { DEBFULLNAME = "The monitoring-plugins-distributed authors", DEBEMAIL = "maintainer@example.org" } =
    process.env;
  return `${DEBFULLNAME} <${DEBEMAIL}>`;
}

export interface Control {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly maintainer: string;
  readonly depends: string;
  readonly kilobytes: number;
}

export function control({ name, version, architecture, maintainer, depends, kilobytes }: Control): string {
  const runtime =
    architecture === "all"
      ? "This package runs them by Debian's nodejs."
      : "This package needs no Node: they are in one executable with a runtime.";
  return `Package: ${name}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${kilobytes}
Depends: ${depends}
Suggests: icinga2 | nagios4 | nagios-nrpe-server
Section: net
Priority: optional
Description: plugins for the plumbing of distributed monitoring
 Large monitoring installations spread their work over hosts by Gearman and
 Livestatus. When this plumbing breaks, monitoring goes blind while everything
 looks green. These plugins for Icinga, Naemon and Nagios see it.
 .
 ${runtime}
`;
}

/** The script of the package, with the files that are to make room. */
export function maintainerScript(name: "preinst" | "postinst" | "postrm"): string {
  const script = readFileSync(join(root, "packaging/debian", name), "utf8");
  const lines = diversions().map(([file, aside]) => `${file} ${aside}`);
  return script.replace(/^(\t*)@DIVERSIONS@$/m, (_, indent: string) => lines.map((line) => indent + line).join("\n"));
}

/** Debian's changelog has an entry for the package; what changed is in ours, beside it. */
export function changelog(name: string, version: string, seconds: number): string {
  const date = new Date(seconds * 1000).toUTCString().replace("GMT", "+0000");
  return `${name} (${version}) unstable; urgency=medium

  * What changed is in CHANGELOG.md beside this file.

 -- ${maintainer()}  ${date}
`;
}

/** The newest symbol of libc that a binary asks for says which one it needs. */
export function libcNeeded(binary: string): string {
  const found = readFileSync(binary)
    .toString("latin1")
    .matchAll(/GLIBC_2\.(\d+)/g);
  return `2.${Math.max(...[...found].map(([, minor]) => Number(minor)))}`;
}

/** What lintian finds and what is meant so, each with its reason. */
export function overrides(name: string, architecture: "all" | "amd64"): string {
  if (architecture === "all") return "";
  return `# the executable is the published binary of bun, with the plugins behind it: it is not compiled here, its
# libraries are linked into it, and strip(1) would take the plugins away
${name}: unstripped-binary-or-object *
${name}: embedded-library *
${name}: hardening-no-pie *
${name}: hardening-no-relro *
`;
}
