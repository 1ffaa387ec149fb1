// `many-sites.cjs ROOT COUNT`: a liveproxyd of so many healthy sites, made to be faster than any client. It answers from
// memory, in a process of its own; what is measured must be the check, not the other side.
const { mkdirSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:net");
const { join } = require("node:path");

const [, , root, count] = process.argv;
// one process for all sites, as before Checkmk 1.5
process.title = "liveproxyd";

const seconds = Math.floor(Date.now() / 1000);
const body = `[[${seconds - 3600},"2.3.0p1","2.3.0p1",4711,6,20]]\n`;
const answer = Buffer.from(`200 ${String(body.length).padStart(11)}\n${body}`);
/** Sites that accept and stay silent. */
const hanging = new Set();

mkdirSync(join(root, "tmp/run/liveproxy"), { recursive: true });
mkdirSync(join(root, "var/log"), { recursive: true });
/** Received so far; they go on, as those of a proxy do. */
let heartbeats = 720;
const ids = Array.from({ length: Number(count) }, (_, n) => `site${n}`);
let listening = 0;
for (const id of ids) {
  const server = createServer((client) => {
    client.on("error", () => {});
    client.once("data", () => {
      if (!hanging.has(id)) client.write(answer);
    });
  });
  server.listen(join(root, "tmp/run/liveproxy", id), () => {
    listening += 1;
    if (listening === ids.length) process.send("up");
  });
}

const two = (n) => String(n).padStart(2, "0");
function stamp() {
  const now = new Date();
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}
function writeState() {
  const now = stamp();
  const sites = ids.map(
    (id) => `[${id}]
  State:                   ready
  State dump time:         ${now} (0:00:00)
  Last reset:              ${now} (1:00:00)
  Site's last reload:      ${now} (1:00:00)
  Last failed connect:     Never
  Last failed error:       None
  Cached responses:        0
  Channels:
       9 - ready             -  client: none - since: ${now} (0:00:01)
      10 - ready             -  client: none - since: ${now} (0:00:03)
      11 - ready             -  client: none - since: ${now} (0:00:03)
      12 - ready             -  client: none - since: ${now} (0:00:03)
      13 - ready             -  client: none - since: ${now} (0:00:03)
  Clients:
  Heartbeat:
    heartbeats received: ${heartbeats}
    next in 3.2s
  Inventory:
    State: not running
    Last update: ${now} (1:00:00)
`,
  );
  writeFileSync(join(root, "var/log/liveproxyd.state"), `${"-".repeat(46)}\nCurrent state:\n${sites.join("")}`);
}
writeFileSync(join(root, "tmp/run/liveproxyd.pid"), `${process.pid}\n`);
writeState();
setInterval(() => {
  heartbeats += 1;
  writeState();
}, 5000);

process.on("message", (id) => {
  hanging.add(id);
  process.send("hangs");
});
process.on("disconnect", () => process.exit(0));
