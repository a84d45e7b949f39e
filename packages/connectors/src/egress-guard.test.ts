import { describe, expect, it } from "vitest";
import { isAllowedAddress, type Lookup, resolveHost } from "./egress-guard.ts";

const rules = { side: "source", allowPrivateNetworks: false } as const;

describe("the address guard without private networks", () => {
  // S1 of the security rules: each spelling goes through the system's resolver as it would in production.
  it.each([
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "00000177.0.0.01",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "[::ffff:169.254.169.254]",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "2002:7f00:1::",
    "fe80::1",
    "fe80::1%lo",
    "fd00::1",
    "fd00:ec2::254",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "１２７.０.０.１",
    "127。0。0。1",
    "/var/run/postgresql",
    "/tmp/.s.PGSQL.5432",
    "@abstract",
    "localhost,8.8.8.8",
    "8.8.8.8\\@127.0.0.1",
    "8.8.8.8\0.example",
    " 127.0.0.1",
  ])("refuses %j", async (host) => {
    // Where the resolver does not know a spelling there is nothing to connect to either.
    await expect(resolveHost(host, rules)).rejects.toMatchObject({
      code: expect.stringMatching(/^HOST_(?:FORBIDDEN|NOT_FOUND)$/),
    });
  });

  it.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])(
    "lets %s through",
    async (address) => {
      await expect(resolveHost(address, rules)).resolves.toEqual([address]);
    },
  );

  it("refuses a name as soon as one of its addresses is refused", async () => {
    const lookup: Lookup = async () => ["8.8.8.8", "2606:4700::1111", "10.0.0.7"];
    await expect(resolveHost("db.example", { ...rules, lookup })).rejects.toMatchObject({
      code: "HOST_FORBIDDEN",
      params: { side: "source" },
    });
  });

  it("resolves a name once, so a second answer is never asked for", async () => {
    const answers = [["8.8.8.8"], ["127.0.0.1"]];
    const lookup: Lookup = async () => answers.shift() ?? [];
    await expect(resolveHost("db.example", { ...rules, lookup })).resolves.toEqual(["8.8.8.8"]);
    expect(answers).toHaveLength(1);
  });

  it("names no host that it could not find", async () => {
    const failure = resolveHost("no-such-host.invalid", rules);
    await expect(failure).rejects.toMatchObject({ code: "HOST_NOT_FOUND" });
    await expect(failure).rejects.not.toThrow(/no-such-host/);
    const lookup: Lookup = async () => [];
    await expect(resolveHost("empty.example", { ...rules, lookup })).rejects.toMatchObject({ code: "HOST_NOT_FOUND" });
  });
});

describe("the address guard with private networks", () => {
  it.each(["127.0.0.1", "10.1.2.3", "192.168.0.1", "100.64.0.1", "::1", "fd12:3456::1", "::ffff:10.0.0.1", "8.8.8.8"])(
    "lets %s through",
    (address) => expect(isAllowedAddress(address, true)).toBe(true),
  );

  it.each([
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "::",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "2001:0:a9fe:a9fe::1",
    "not an address",
    "",
  ])("still refuses %j", (address) => expect(isAllowedAddress(address, true)).toBe(false));
});
