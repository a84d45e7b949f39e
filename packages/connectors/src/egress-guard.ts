import { lookup as dnsLookup } from "node:dns/promises";
import { BlockList, isIP, isIPv4 } from "node:net";
import type { Side } from "@millrace/engine";
import { AppError } from "@millrace/shared";

/** Resolves a name to all its addresses. Its answer is asked for once per connection. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export interface EgressRules {
  readonly side: Side;
  readonly allowPrivateNetworks: boolean;
  readonly lookup?: Lookup;
}

/**
 * The addresses that a host stands for, every one of them allowed. Callers connect to these addresses and never to the name,
 * so a name server that answers differently the second time changes nothing. Throws `HOST_FORBIDDEN` when any of them is
 * forbidden, and for a path; `HOST_NOT_FOUND`.
 */
export async function resolveHost(host: string, rules: EgressRules): Promise<string[]> {
  const { side, allowPrivateNetworks, lookup = systemLookup } = rules;
  const name = host.replace(/^\[(.*)\]$/, "$1");
  if (/[/\\@,\s\p{Cc}]/u.test(name)) throw new AppError("HOST_FORBIDDEN", { params: { side } });
  let addresses: readonly string[];
  try {
    addresses = isIP(name) ? [name] : await lookup(name);
  } catch (error) {
    throw new AppError("HOST_NOT_FOUND", { params: { side }, cause: error });
  }
  if (addresses.length === 0) throw new AppError("HOST_NOT_FOUND", { params: { side } });
  if (!addresses.every((address) => isAllowedAddress(address, allowPrivateNetworks))) {
    throw new AppError("HOST_FORBIDDEN", { params: { side } });
  }
  return [...addresses];
}

/** The system's own resolver, hosts file included, so that what passes here is what people mean by the name. */
const systemLookup: Lookup = async (host) => (await dnsLookup(host, { all: true })).map(({ address }) => address);

/** Whether one address, in any of its spellings, may be connected to. */
export function isAllowedAddress(address: string, allowPrivateNetworks: boolean): boolean {
  const forms = formsOf(address);
  if (forms === null) return false;
  return forms.every((form) => {
    const family = isIPv4(form) ? "ipv4" : "ipv6";
    return !ALWAYS_REFUSED.check(form, family) && (allowPrivateNetworks || !PRIVATE.check(form, family));
  });
}

/** https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 sister. */
function blockList(...subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", prefix = ""] = subnet.split("/");
    list.addSubnet(network, Number(prefix), isIPv4(network) ? "ipv4" : "ipv6");
  }
  return list;
}

/** Metadata services, link-local and multicast, and ranges behind which no database can be. */
const ALWAYS_REFUSED = blockList(
  "0.0.0.0/8",
  "169.254.0.0/16",
  "100.100.100.200/32", // Alibaba Cloud's metadata
  "168.63.129.16/32", // Azure's
  "192.0.0.0/24", // Oracle Cloud's
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "fe80::/10",
  "ff00::/8",
  "fd00:ec2::254/128", // AWS's
  "fd20:ce::254/128", // Google Cloud's
  "::ffff:0:0:0/96", // translated, Teredo and 6to4: ways to an IPv4 address that no server uses any more
  "2001::/32",
  "2002::/16",
);

/** Loopback and everything that is not a public address. */
const PRIVATE = blockList(
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001:db8::/32",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fec0::/10",
);

/** The address itself and the IPv4 address inside of it; null when it is none. */
function formsOf(address: string): string[] | null {
  const bare = address.replace(/%.*$/s, "");
  if (isIPv4(bare)) return [bare];
  if (isIP(bare) === 0) return null;
  const groups = ipv6Groups(bare);
  const [high = 0, low = 0] = groups.slice(6);
  const embedded = `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const prefix = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(":");
  if (prefix === "0:0:0:0:0:ffff") return [embedded];
  // NAT64, and the deprecated IPv4-compatible form, whose ::1 and :: are addresses of their own.
  if (prefix === "64:ff9b:0:0:0:0") return [bare, embedded];
  if (prefix === "0:0:0:0:0:0" && high !== 0) return [bare, embedded];
  return [bare];
}

function ipv6Groups(address: string): number[] {
  // A dotted tail is two groups.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(":"),
  );
  const parse = (part: string | undefined) => (part ? part.split(":").map((group) => Number.parseInt(group, 16)) : []);
  const [head, tail] = text.split("::");
  const start = parse(head);
  const end = parse(tail);
  return [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end];
}
