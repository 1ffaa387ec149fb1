import { activemq } from "./activemq.ts";
import { artemis } from "./artemis.ts";
import type { Told } from "./facts.ts";
import { rabbitmq } from "./rabbitmq.ts";
import { type Connection, type Source, Stranger } from "./source.ts";

/** In the order in which they are tried. Jolokia has no other place than the one that its address names. */
const SOURCES: readonly Source[] = [rabbitmq];
const JOLOKIA: readonly Source[] = [activemq, artemis];

const sourcesAt = ({ pathname }: URL) => (pathname.endsWith("/jolokia/") ? JOLOKIA : SOURCES);

/**
 * Asks a broker of whatever kind it is.
 *
 * @throws CheckError when there is no answer, or none that any source understands
 */
export async function ask(connection: Connection, only: string | undefined): Promise<Told> {
  let first: Stranger | undefined;
  for (const source of sourcesAt(connection.url)) {
    try {
      return await source(connection, only);
    } catch (error) {
      if (!(error instanceof Stranger)) throw error;
      first ??= error;
    }
  }
  throw first ?? new Error("no source");
}
