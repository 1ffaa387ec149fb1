import { readFileSync, statSync } from "node:fs";

/**
 * The content of a file that an option names. A pipe, a device or a folder is refused: reading it may never end.
 *
 * @throws Error naming the file, and why it cannot be read
 */
export function readFile(path: string): Buffer {
  try {
    if (!statSync(path).isFile()) throw new Error("it is no file");
    return readFileSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : message;
    throw new Error(`cannot read '${path}': ${why}`, { cause });
  }
}
