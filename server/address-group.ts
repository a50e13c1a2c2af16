import { isIPv4, isIPv6 } from 'node:net'

/**
 * The addresses of one subscriber: a single IPv4 address, or the IPv6 network of 64 bits, within which anybody may take
 * any number of addresses.
 */
export function addressGroup(address: string): string {
  const plain = address.split('%')[0] ?? ''
  if (isIPv4(plain)) {
    return plain
  }
  if (!isIPv6(plain)) {
    return 'unknown'
  }
  const groups = expand(plain)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 255])
      .join('.')
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** The eight groups of an IPv6 address. */
function expand(address: string): number[] {
  // The parser of addresses writes the last two groups, which may be an IPv4 address, as groups too.
  const { hostname } = new URL(`http://[${address}]`)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const left = parse(head)
  const right = parse(tail ?? '')
  const missing = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array.from({ length: missing }, () => 0), ...right]
}

function parse(groups: string): number[] {
  return groups === '' ? [] : groups.split(':').map((group) => Number.parseInt(group, 16))
}
