import { BlockList, isIP } from 'node:net'

/** The addresses whose word about forwarded requests is believed. */
export type TrustedProxies = { has(address: string): boolean }

/**
 * @param entries `loopback`, `none`, addresses, and ranges such as `10.0.0.0/8`
 * @returns null when one of them is none of these
 */
export function parseProxies(entries: readonly string[]): TrustedProxies | null {
  const list = new BlockList()
  for (const entry of entries) {
    if (entry === 'none' && entries.length === 1) continue
    if (!(entry === 'loopback' ? addLoopback(list) : addRange(list, entry))) return null
  }
  return {
    has(given) {
      const address = plainAddress(given)
      const version = isIP(address)
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

/** An IPv4 address as it is written when it is not wrapped into one of IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

function addLoopback(list: BlockList): boolean {
  list.addSubnet('127.0.0.0', 8, 'ipv4')
  list.addAddress('::1', 'ipv6')
  return true
}

function addRange(list: BlockList, entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/')
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  if (version === 0 || rest.length > 0) return false
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return false
  list.addSubnet(address, Number(bits ?? most), version === 4 ? 'ipv4' : 'ipv6')
  return true
}
