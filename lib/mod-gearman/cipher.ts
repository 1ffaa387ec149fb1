import type { Decipher as Decrypting, Cipher as Encrypting } from "node:crypto";

/** AES-256 takes so many bytes of key; the rest of a longer password counts for nothing. */
const KEY_LENGTH = 32;

const BLOCK = 16;

const ALGORITHM = "aes-256-ecb";

/** One for each text. */
interface Aes {
  readonly encrypt: () => Encrypting;
  readonly decrypt: () => Decrypting;
}

/**
 * How Mod-Gearman wraps jobs and results: AES-256-ECB without any authentication, then base64; with `encryption=no` base64
 * alone.
 */
export class Cipher {
  /** Undefined for `encryption=no`. */
  readonly #aes: Aes | undefined;

  private constructor(aes: Aes | undefined) {
    this.#aes = aes;
  }

  /** @param password as the key file has it; undefined for `encryption=no` */
  static async load(password: Uint8Array | undefined): Promise<Cipher> {
    if (password === undefined) return new Cipher(undefined);
    const key = Buffer.alloc(KEY_LENGTH);
    Buffer.from(password).copy(key, 0, 0, KEY_LENGTH);
    // loaded here because it costs milliseconds of start-up, which what needs no key must not pay
    const { createCipheriv, createDecipheriv } = await import("node:crypto");
    return new Cipher({
      encrypt: () => createCipheriv(ALGORITHM, key, null).setAutoPadding(false),
      decrypt: () => createDecipheriv(ALGORITHM, key, null).setAutoPadding(false),
    });
  }

  /** Text, as UTF-8, to the payload of a job. */
  seal(text: string): string {
    const bytes = Buffer.from(text, "utf8");
    if (this.#aes === undefined) return bytes.toString("base64");
    // at least one NUL of padding: the C worker takes it for the end of the text
    const padded = Buffer.alloc((Math.floor(bytes.length / BLOCK) + 1) * BLOCK);
    bytes.copy(padded);
    const cipher = this.#aes.encrypt();
    return Buffer.concat([cipher.update(padded), cipher.final()]).toString("base64");
  }

  /**
   * The payload of a job to text, without the padding. Another key gives garbage, which only the text's own form tells.
   *
   * @returns undefined for what is no base64, or has no whole number of blocks
   */
  open(payload: Uint8Array): string | undefined {
    const raw = decodeBase64(payload);
    if (raw === undefined) return undefined;
    if (this.#aes === undefined) return withoutPadding(raw);
    if (raw.length === 0 || raw.length % BLOCK !== 0) return undefined;
    const decipher = this.#aes.decrypt();
    return withoutPadding(Buffer.concat([decipher.update(raw), decipher.final()]));
  }
}

/** Gearman-Proxy wraps base64 at 76 columns. Buffer's own decoder would skip whatever it does not know. */
export function decodeBase64(payload: Uint8Array): Buffer | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    .toString("latin1")
    .replace(/[\s\0]+/g, "");
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

/** C pads with NULs, Go with line feeds. */
function withoutPadding(bytes: Buffer): string {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === 0x0a)) end--;
  return bytes.toString("utf8", 0, end);
}
