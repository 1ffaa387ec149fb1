import { readFileSync } from "node:fs";

import { type Owner, spawnOwned } from "../support/owner.ts";
import { until } from "../support/until.ts";

/** Starts a process that has ended and waits for its parent to notice. @returns its id */
export async function startZombie(owner: Owner): Promise<number> {
  // sh starts a child that ends at once, and becomes a program that never asks for it
  const parent = spawnOwned(owner, "/bin/sh", ["-c", "sleep 0.01 & exec sleep 60"], { stdio: "ignore" });
  const children = `/proc/${parent.pid}/task/${parent.pid}/children`;
  let zombie = "";
  const isDead = () => {
    zombie = readFileSync(children, "utf8").trim();
    return zombie !== "" && /State:\tZ/.test(readFileSync(`/proc/${zombie}/status`, "utf8"));
  };
  await until(isDead, () => "a zombie");
  return Number(zombie);
}
