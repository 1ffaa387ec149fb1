import type { ServerFacts } from "./facts.ts";

/** The process that is the job server: by its pid, or, where pid namespaces differ, by being the only gearmand. */
export function serverProcess<P extends { readonly pid: number }>(
  { name, processes }: { readonly name: string; readonly processes: readonly P[] },
  { local, pid }: Pick<ServerFacts, "local" | "pid">,
): P | undefined {
  if (!local) return undefined;
  const byPid = processes.find((process) => process.pid === pid);
  if (byPid !== undefined || name !== "gearmand") return byPid;
  return processes.length === 1 ? processes[0] : undefined;
}
