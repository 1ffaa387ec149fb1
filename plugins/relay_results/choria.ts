import type { RawResult } from "monitoring-plugins-ts/passive";

import { type Fields, fieldsOf, textOf } from "./fields.ts";
import { Poison } from "./poison.ts";

/** States that Choria's watcher has beside those of a plugin: not checked yet. */
const NOT_CHECKED = 4;

const TYPE = "io.choria.machine.watcher.nagios.v1.state";

/**
 * Reads the CloudEvent that the `nagios` watcher of a Choria server sends for each check: the host is its identity, the service
 * the name of the watcher. Fields as in go-choria, `aagent/watchers/nagioswatcher/state_notification.go`.
 *
 * @throws Poison saying what is wrong
 */
export function readCloudEvent(event: Fields): RawResult {
  const type = textOf("type", event.get("type"));
  if (type !== TYPE) throw new Poison(`it is an event of the type '${type}'`);
  const data = fieldsOf("its data", event.get("data"));
  const code = data.get("status_code");
  if (typeof code === "number" && code >= NOT_CHECKED)
    throw new Poison(`the check has not run (${data.get("status")})`);
  const items = data.get("perfdata") ?? [];
  if (!Array.isArray(items)) throw new Poison("its perfdata is no list");
  const perfdata = items.map((item) => formatItem(fieldsOf("an item of its perfdata", item)));
  return {
    host: data.get("identity") ?? event.get("subject"),
    service: data.get("name"),
    exitCode: code,
    output: data.get("output"),
    // where there are none they may stand behind a bar
    perfdata: perfdata.length === 0 ? undefined : perfdata.join(" "),
    time: data.get("check_time") ?? data.get("timestamp"),
  };
}

/** Choria keeps label, value and unit, and drops the thresholds. */
function formatItem(item: Fields): string {
  const label = textOf("label", item.get("label")).replaceAll("'", "''");
  const value = item.get("value");
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Poison(`its perfdata '${label}' has no number`);
  return `'${label}'=${value}${textOf("unit", item.get("unit") ?? "")}`;
}
