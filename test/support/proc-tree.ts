import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Owner } from "./owner.ts";

/** A process as a kernel before 6.2 shows it: its descriptors have to be listed. */
export interface RecordedProcess {
  readonly comm?: string;
  readonly state?: string;
  readonly uid?: number;
  readonly startTicks?: number;
  readonly rssKiB?: number;
  /** Soft limit as written, `1024` or `unlimited`. */
  readonly limit?: string;
  /** Links of `fd/`, from 0 on; undefined for a descriptor number that is free. */
  readonly fds?: readonly (string | undefined)[];
  /** Lines of `net/tcp` and `net/tcp6` below the heading. */
  readonly tcp?: readonly string[];
  readonly tcp6?: readonly string[];
}

export interface RecordedMachine {
  readonly uptime?: number;
  readonly bootId?: string;
  readonly nrOpen?: number;
  /** By pid. */
  readonly processes: Readonly<Record<number, RecordedProcess>>;
}

/** Folder of the test's own, removed at its end. */
export function temporaryFolder(owner: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), "test-fd-"));
  owner.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a tree that looks like /proc, and returns its root. */
export function procTree(owner: Owner, { uptime = 10_000, bootId, nrOpen, processes }: RecordedMachine): string {
  const root = temporaryFolder(owner);
  setUptime(root, uptime);
  mkdirSync(join(root, "sys/kernel/random"), { recursive: true });
  mkdirSync(join(root, "sys/fs"), { recursive: true });
  writeFileSync(join(root, "sys/kernel/random/boot_id"), `${bootId ?? "11111111-2222-3333-4444-555555555555"}\n`);
  if (nrOpen !== undefined) writeFileSync(join(root, "sys/fs/nr_open"), `${nrOpen}\n`);
  for (const [pid, one] of Object.entries(processes)) writeProcess(root, Number(pid), one);
  return root;
}

/** Turns the clock of a tree. */
export function setUptime(root: string, seconds: number): void {
  writeFileSync(join(root, "uptime"), `${seconds.toFixed(2)} 1.00\n`);
}

/** Puts a process into a tree, in the place of one with the same pid. */
export function writeProcess(root: string, pid: number, recorded: RecordedProcess): void {
  const { comm = "gearmand", state = "S", uid = 0, startTicks = 500, rssKiB, limit = "1024", fds = [] } = recorded;
  const folder = join(root, String(pid));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "fd"), { recursive: true });
  mkdirSync(join(folder, "net"));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, "latin1");
  write("comm", `${comm.slice(0, 15)}\n`);
  write("stat", `${pid} (${comm}) ${state} ${"0 ".repeat(18)}${startTicks} 0 0\n`);
  const rss = rssKiB === undefined ? "" : `VmRSS:\t${rssKiB} kB\n`;
  write("status", `Name:\t${comm}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n${rss}`);
  write(
    "limits",
    `Limit                     Soft Limit           Hard Limit           Units     \n${"Max open files".padEnd(26)}${limit.padEnd(21)}${limit.padEnd(21)}files     \n`,
  );
  fds.forEach((target, fd) => {
    if (target !== undefined) symlinkSync(target, join(folder, "fd", String(fd)));
  });
  const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  write("net/tcp", heading + (recorded.tcp ?? []).map((line) => `${line}\n`).join(""));
  if (recorded.tcp6 !== undefined) {
    write("net/tcp6", heading + recorded.tcp6.map((line) => `${line}\n`).join(""));
  }
}

/** A line of `net/tcp`. Ports in decimal, the remote address as the kernel writes it. */
export function tcpLine(
  localPort: number,
  remotePort: number,
  { state, inode, uid = 0, remote = "0A0200C0" }: { state: string; inode: number; uid?: number; remote?: string },
): string {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");
  const local = remote.length === 8 ? "0100007F" : "00000000000000000000000001000000";
  return (
    `   0: ${local}:${hex(localPort)} ${remote}:${hex(remotePort)} ${state} 00000000:00000000 00:00000000 00000000` +
    `${String(uid).padStart(6)}        0 ${inode} 1 0000000000000000 20 4 30 10 -1`
  );
}
