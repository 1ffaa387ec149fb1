import type { Stage } from "#demo/stage.ts";

/** Shows check_template in its states. */
export default async function demo(stage: Stage): Promise<void> {
  stage.say("A file as it should be, and one that is too large");
  await stage.run("check_template", "-f", "package.json");
  await stage.run("check_template", "-f", "package.json", "-c", "1");
  stage.say("No file");
  await stage.run("check_template", "-f", "no-such-file");
}
