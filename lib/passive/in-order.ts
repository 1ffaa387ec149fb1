import type { Outcome } from "./outcome.ts";
import { objectKey, type PassiveResult } from "./result.ts";

/** Submits one result; see {@link Target.submit}. */
export type Submit = (result: PassiveResult, signal: AbortSignal, redelivered?: boolean) => Promise<Outcome>;

/**
 * Lets `most` submissions be under way at once, and of each object one: a core takes what comes last for the newest.
 */
export function inOrder(submit: Submit, most: number): Submit {
  const last = new Map<string, Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let underWay = 0;
  const submitOne: Submit = async (result, signal, redelivered) => {
    if (underWay === most) await new Promise<void>((go) => waiting.push(go));
    else underWay++;
    try {
      return await submit(result, signal, redelivered);
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay--;
      else next();
    }
  };
  return (result, signal, redelivered) => {
    const key = objectKey(result);
    const before = last.get(key);
    const submission =
      before === undefined
        ? submitOne(result, signal, redelivered)
        : before.then(() => submitOne(result, signal, redelivered));
    // a bug of the one before is its own caller's
    const settled = submission.then(
      () => {},
      () => {},
    );
    last.set(key, settled);
    settled.then(() => {
      if (last.get(key) === settled) last.delete(key);
    });
    return submission;
  };
}
