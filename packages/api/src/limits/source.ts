import ipaddr from 'ipaddr.js'

/**
 * An address as limits count it: IPv4 however it is written, also within IPv6; an IPv6 network by its /64, without its
 * zone. Some proxies add the port, which would make each connection a source of its own. What is no address is one source.
 */
export function sourceOf(ip: string): string {
  const text = withoutPort(ip.trim()).replace(/%.*$/s, '')
  if (!ipaddr.isValid(text)) return 'unknown'
  const address = ipaddr.process(text)
  if (address.kind() === 'ipv4') return address.toString()
  return ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()
}

const withoutPort = (ip: string) =>
  /^\[([^\]]*)\](?::\d+)?$/.exec(ip)?.[1] ?? ip.replace(/^([\d.]+):\d+$/, '$1')
