/**
 * Queue names, client ids and handles are bytes on the wire, not always UTF-8. Here they are *byte strings*: one character
 * per byte (Latin-1), so that different names stay different and sort as bytes.
 */

/** A user's text as a byte string: its UTF-8 bytes. */
export function wireName(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** A byte string as text for people. Bytes that are no UTF-8 become U+FFFD; control characters stay as they are. */
export function displayName(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, "latin1").toString("utf8");
}

/** Up to `max` characters of foreign bytes, fit for one line of a message. */
export function excerpt(bytes: string, max = 60): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced here
  const clean = displayName(bytes.slice(0, max * 4)).replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
  return clean.length > max ? `${clean.slice(0, max)}...` : clean;
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII, controls included
  return /^[\x00-\x7f]*$/.test(text);
}
