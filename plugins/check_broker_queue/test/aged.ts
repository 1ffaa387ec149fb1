import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Makes what a check remembers look as if that run had been so many seconds earlier. */
export async function aged(folder: string, seconds: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const content = JSON.parse(await readFile(path, "utf8"));
    for (const sample of content.samples) {
      sample.time -= seconds;
      for (const uptime of sample.uptimes) uptime[1] -= seconds;
    }
    for (const one of content.stalled) one[1] -= seconds;
    await writeFile(path, JSON.stringify(content));
  }
}
