import { execFile } from "node:child_process";

/** Microseconds of the unit's WatchdogSec, and the socket of systemd(1), if it started this process. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Tells systemd that the program is ready, and then, twice as often as the unit's watchdog wants, that it is alive. Node has no
 * sockets of this kind, so that systemd-notify(1) is run: the unit needs NotifyAccess=all.
 *
 * @returns ends it
 */
export function tellSystemd({ NOTIFY_SOCKET, WATCHDOG_USEC }: Environment): () => void {
  if (NOTIFY_SOCKET === undefined) return () => {};
  // that it cannot be told shows in systemd itself
  const tell = (...what: readonly string[]) => void execFile("systemd-notify", what, () => {});
  tell("--ready");
  const timer = setInterval(() => tell("WATCHDOG=1"), Math.max(1, Number(WATCHDOG_USEC) / 2000) || 2 ** 31 - 1);
  return () => {
    clearInterval(timer);
    tell("--stopping");
  };
}
