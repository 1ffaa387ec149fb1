import assert from "node:assert/strict";
import { test } from "node:test";

import { parseLivestatusAddress } from "../../../lib/livestatus/address.ts";

const CASES = {
  "unix:/run/live": { path: "/run/live" },
  "/run/live": { path: "/run/live" },
  "live.example.com": { host: "live.example.com", port: 6557 },
  "192.0.2.1:6560": { host: "192.0.2.1", port: 6560 },
  "tcp:192.0.2.1:6560": { host: "192.0.2.1", port: 6560 },
  "tls:live.example.com:6560": { host: "live.example.com", port: 6560, tls: true },
  "tcp6:::1:6557": { host: "::1", port: 6557, family: 6 },
  "tcp6:[::1]:6557": { host: "::1", port: 6557, family: 6 },
  "[::1]": { host: "::1", port: 6557 },
} as const;

for (const [text, expected] of Object.entries(CASES)) {
  test(`${text} is an address`, () => {
    const { endpoint, tls, family } = parseLivestatusAddress(text);
    const { tls: wantsTls, family: wantsFamily, ...wanted } = { tls: undefined, family: undefined, ...expected };
    assert.deepEqual({ endpoint, tls, family }, { endpoint: wanted, tls: wantsTls, family: wantsFamily });
  });
}

for (const text of ["", "unix:run/live", "tcp:host:port", "host:0", "tls:-x:1", "unix:/a\0b"]) {
  test(`${JSON.stringify(text)} is none`, () => assert.throws(() => parseLivestatusAddress(text), /address|path/));
}
