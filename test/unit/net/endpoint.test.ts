import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  endpointLabel,
  endpointsOf,
  formatEndpoint,
  parseAddress,
  parseAddresses,
  parsePort,
  tcpEndpoint,
  withPort,
} from "../../../lib/net/endpoint.ts";

const READ: readonly [string, string, number | undefined][] = [
  ["gearmand.example.com", "gearmand.example.com", undefined],
  ["gearmand.example.com:4731", "gearmand.example.com", 4731],
  ["192.0.2.10:4730", "192.0.2.10", 4730],
  ["[::1]:4730", "::1", 4730],
  ["[::1]", "::1", undefined],
  ["::1", "::1", undefined],
  ["2001:db8::1:4730", "2001:db8::1:4730", undefined],
  ["fe80::1%eth0", "fe80::1%eth0", undefined],
  ["[fe80::1%eth0]:1", "fe80::1%eth0", 1],
  [":4730", "localhost", 4730],
  ["bücher.example", "bücher.example", undefined],
  ["host:65535", "host", 65535],
];

for (const [text, host, port] of READ) {
  test(`'${text}' is host ${host}, port ${port ?? "left to the default"}`, () => {
    const address = parseAddress(text);
    assert.equal(address.host, host);
    assert.equal(address.port, port);
  });
}

const REFUSED: readonly [string, RegExp][] = [
  ["", /'' is not an address: empty/],
  ["-x", /'-x' .* starts with '-'/],
  ["-x:1", /starts with '-'/],
  ["a b", /'a b' .* blanks/],
  ["a\nb", /'a\?b' .* control/],
  [" host", /blanks/],
  ["host:", /'host:' .* '' is not a port/],
  ["host:abc", /'host:abc' .* 'abc' is not a port/],
  ["host:0", /'0' is not a port/],
  ["host:99999", /'99999' is not a port/],
  ["host:+80", /'\+80' is not a port/],
  ["host:4730 ", /is not a port/],
  ["http://host", /'\/\/host' is not a port/],
  ["[::1", /brackets/],
  ["::1]", /brackets/],
  ["[::1]]", /brackets/],
  ["[::1]4730", /brackets/],
  ["[host]:1", /no IPv6 address between/],
  ["[]", /no IPv6 address between/],
  ["a:b:c", /several colons/],
  ["a".repeat(254), /longer than 253/],
];

for (const [text, why] of REFUSED) {
  test(`${JSON.stringify(text).slice(0, 30)} is refused with a reason`, () => {
    assert.throws(() => parseAddress(text), why);
  });
}

test("a list is split at commas, blanks around them allowed, empty entries refused", () => {
  assert.deepEqual(parseAddresses("a, [::1]:1,b:2"), [{ host: "a" }, { host: "::1", port: 1 }, { host: "b", port: 2 }]);
  assert.throws(() => parseAddresses("a,,b"), /empty/);
});

test("a port is 1 to 65535 in digits", () => {
  assert.equal(parsePort("1"), 1);
  assert.equal(parsePort("65535"), 65535);
  for (const text of ["", "0", "65536", "1e3", "0x10", " 1", "1.0", "-1", "٣"])
    assert.throws(() => parsePort(text), text);
});

test("the default port counts unless one is written", () => {
  assert.deepEqual(withPort({ host: "a" }, 4730), { host: "a", port: 4730 });
  assert.deepEqual(withPort({ host: "a", port: 1 }, 4730), { host: "a", port: 1 });
});

test("endpoints are printed as they are written", () => {
  assert.equal(formatEndpoint({ host: "127.0.0.1", port: 4730 }), "127.0.0.1:4730");
  assert.equal(formatEndpoint({ host: "::1", port: 4730 }), "[::1]:4730");
  assert.equal(formatEndpoint({ path: "/run/live" }), "/run/live");
});

const hosts = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());

test("every endpoint survives being printed and read again", () => {
  fc.assert(
    fc.property(hosts, fc.integer({ min: 1, max: 65535 }), (host, port) => {
      assert.deepEqual(parseAddress(formatEndpoint({ host, port })), { host, port });
    }),
  );
});

test("whatever is typed is an address or one line of refusal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      try {
        assert.notEqual(parseAddress(text).host, "");
      } catch (error) {
        assert.ok(error instanceof Error && /^.*not an address.*$/.test(error.message));
      }
    }),
  );
});

test("a server's label ends at its first underscore, and no two servers share one", () => {
  assert.equal(endpointLabel({ host: "gearmand.example.com", port: 4730 }), "gearmand.example.com-4730");
  assert.equal(endpointLabel({ host: "::1", port: 4730 }), "..1-4730");
  assert.equal(endpointLabel({ host: "a_b", port: 1 }).includes("_"), false);
});

test("endpointsOf() names each server once, in the order given", () => {
  const addresses = parseAddresses("b, a:4730, b:4730, a:1, a");
  assert.deepEqual(endpointsOf(addresses, 4730), [
    { host: "b", port: 4730 },
    { host: "a", port: 4730 },
    { host: "a", port: 1 },
  ]);
});

test("the server of an option has the port it names, or the usual one", () => {
  const read = tcpEndpoint(11211);
  assert.deepEqual(read("cache.example.com"), { host: "cache.example.com", port: 11211 });
  assert.deepEqual(read("[::1]:1"), { host: "::1", port: 1 });
  assert.throws(() => read("cache:0"), /'cache:0' is not an address/);
});
