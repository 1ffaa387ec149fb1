import type { ServerFacts } from "./facts.ts";

/** The process that is the job server, by the pid that both know it by: that of its own pid namespace. */
export function serverProcess<P extends { readonly innerPid: number }>(
  { processes }: { readonly processes: readonly P[] },
  { local, pid }: Pick<ServerFacts, "local" | "pid">,
): P | undefined {
  if (!local) return undefined;
  // in two containers both may be number 1
  const [itself, ...others] = processes.filter(({ innerPid }) => innerPid === pid);
  return others.length === 0 ? itself : undefined;
}
