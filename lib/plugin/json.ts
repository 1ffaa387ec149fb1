/**
 * Reads JSON that somebody else has written.
 *
 * @returns undefined for what is no JSON, or has more than 100 lists and objects inside of each other: JSON.parse, which nothing can
 *   interrupt, takes 15 s and 0.9 GB for 16 MiB of `[` and `]`
 */
export function parseJson(text: string): unknown {
  try {
    return isDeep(text) ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const MOST_DEPTH = 100;

/** Codes of characters; those that close are two above those that open. */
const [QUOTE, BACKSLASH, BRACKET, BRACE] = [34, 92, 91, 123] as const;

function isDeep(json: string): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfText(json, at);
      if (at < 0) return false;
    } else if (code === BRACKET || code === BRACE) {
      if (++depth > MOST_DEPTH) return true;
    } else if (code === BRACKET + 2 || code === BRACE + 2) depth--;
  }
  return false;
}

/** Where a text ends; -1 when it does not. Searched for, since most of a long list is texts. */
function endOfText(json: string, start: number): number {
  let end = start;
  let escapes: number;
  do {
    end = json.indexOf('"', end + 1);
    escapes = 0;
    while (json.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
  } while (escapes % 2 === 1);
  return end;
}
