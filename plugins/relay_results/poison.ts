/** A message that is no result, and never will be: its text says why. It must not stop the others. */
export class Poison extends Error {
  override readonly name = "Poison";
}
