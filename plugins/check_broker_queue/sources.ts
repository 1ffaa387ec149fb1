import type { Told } from "./facts.ts";
import { rabbitmq } from "./rabbitmq.ts";
import { type Connection, type Source, Stranger } from "./source.ts";

/** In the order in which they are tried. */
const SOURCES: readonly Source[] = [rabbitmq];

/**
 * Asks a broker of whatever kind it is.
 *
 * @throws CheckError when there is no answer, or none that any source understands
 */
export async function ask(connection: Connection, only: string | undefined): Promise<Told> {
  let first: Stranger | undefined;
  for (const source of SOURCES) {
    try {
      return await source(connection, only);
    } catch (error) {
      if (!(error instanceof Stranger)) throw error;
      first ??= error;
    }
  }
  throw first ?? new Error("no source");
}
