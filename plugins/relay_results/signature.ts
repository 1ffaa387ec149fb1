import { createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";

import { readFile } from "monitoring-plugins-ts";

import { Poison } from "./poison.ts";

/** Checks that the sender signed the body. @throws Poison when it did not, or is not known */
export type Verify = (sender: string, body: Buffer, signature: string) => void;

/** A sender names a file of the folder, and nothing else. */
const SENDER = /^(?!\.)[\w.-]{1,255}$/;

/**
 * Checks signatures as MCollective's ssl plugin makes them: RSA with SHA-1, in base64.
 *
 * @param path a folder with `SENDER.pem` for each sender, or the one file of a key that all senders share, which is how the plugin
 *   is mostly set up; a certificate or a public key
 * @throws Error when there is nothing at `path`
 */
export function verifyBy(path: string): Verify {
  const keys = new Map<string, KeyObject>();
  const keyIn = (file: string): KeyObject => {
    const known = keys.get(file);
    if (known !== undefined) return known;
    const key = readKey(file);
    keys.set(file, key);
    return key;
  };
  const isFolder = isDirectory(path);
  if (!isFolder) keyIn(path);
  return (sender, body, signature) => {
    const key = isFolder ? keyOfSender(sender, () => keyIn(join(path, `${sender}.pem`))) : keyIn(path);
    if (!verify("sha1", body, key, Buffer.from(signature, "base64"))) {
      throw new Poison(`its signature is not that of ${sender}`);
    }
  };
}

function keyOfSender(sender: string, read: () => KeyObject): KeyObject {
  if (!SENDER.test(sender)) throw new Poison("its sender is no name of a certificate");
  try {
    return read();
  } catch (cause) {
    throw new Poison(`its sender is unknown: ${(cause as Error).message}`, { cause });
  }
}

function readKey(file: string): KeyObject {
  const content = readFile(file);
  try {
    return content.includes("CERTIFICATE-----") ? new X509Certificate(content).publicKey : createPublicKey(content);
  } catch (cause) {
    throw new Error(`'${file}' has no certificate or public key`, { cause });
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // reading it says why
    return false;
  }
}
