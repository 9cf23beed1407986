import dns from 'node:dns';
import net from 'node:net';

// `BlockList` checks `::ffff:10.0.0.1` against the rules for 10.0.0.1.
const reserved = new net.BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  reserved.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  reserved.addSubnet(network, prefix, 'ipv6');

/**
 * Whether an address is internal: loopback, private, link-local or multicast. IPv6 forms that embed an
 * IPv4 address count too, because they can hide an internal one.
 */
export function isInsideAddress(address: string): boolean {
  const family = net.isIP(address);
  return family !== 0 && reserved.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** The host of a URL without the brackets of IPv6. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** Whether a URL's host is, or resolves to, an internal address. False for a name that does not resolve. */
export async function leadsInside(url: URL): Promise<boolean> {
  const host = bareHost(url);
  if (net.isIP(host) !== 0) return isInsideAddress(host);
  try {
    const found = await dns.promises.lookup(host, { all: true });
    return found.some(({ address }) => isInsideAddress(address));
  } catch {
    return false;
  }
}

/**
 * A look-up for `net.connect` that fails on internal addresses. The socket connects to the checked
 * address. A name that changes its address between check and use (DNS rebinding) gains nothing.
 */
export const outsideLookup: net.LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    const inside = addresses.find(({ address }) => isInsideAddress(address));
    if (inside)
      return callback(Object.assign(new Error('inside address'), { code: insideCode }), []);
    const [first] = addresses;
    if (options.all || !first) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};

export const insideCode = 'INSIDE_ADDRESS';
