/** Addresses of QEMU's user network, as numbers. The guest gets its address by DHCP. */
const gateway = address('10.0.2.2')
const resolver = address('10.0.2.3')

/** Address ranges to which no guest may send: network and prefix length. */
const closed: readonly (readonly [number, number])[] = [
  [address('0.0.0.0'), 8],
  [address('10.0.2.0'), 24],
  [address('127.0.0.0'), 8],
  [address('169.254.0.0'), 16],
  [address('224.0.0.0'), 3],
]

const [arp, ipv4] = [0x0806, 0x0800]
const [tcp, udp] = [6, 17]
const tcpAcknowledge = 0x10
const ethernetHeader = 14

/** Parses an IPv4 address to a number. Throws for other texts. */
export function address(text: string): number {
  const parts = text.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255))
    throw new Error(`no IPv4 address: ${text}`)
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

/** What a guest may connect to. */
export interface Rules {
  /** Whether it may connect to the network beyond this computer, and to the name server. */
  readonly network: boolean
  /** The addresses of this computer. */
  readonly own: ReadonlySet<number>
}

/**
 * Whether a guest may send this Ethernet frame. Every guest may request an address, and answer connections from this computer. A guest with
 * a network may also resolve names, and connect to everything except this computer.
 */
export function isAllowed(frame: Buffer, rules: Rules): boolean {
  if (frame.length < ethernetHeader) return false
  const type = frame.readUInt16BE(12)
  if (type !== ipv4) return type === arp
  const packet = frame.subarray(ethernetHeader)
  const header = ((packet[0] ?? 0) & 0x0f) * 4
  if (packet.length < 20 || (packet[0] ?? 0) >> 4 !== 4 || header < 20 || packet.length < header) return false
  const to = packet.readUInt32BE(16)
  return isSpecial(to, rules.own) ? isService(packet, { header, to, network: rules.network }) : rules.network
}

function isSpecial(to: number, own: ReadonlySet<number>): boolean {
  return own.has(to) || closed.some(([network, length]) => Math.floor(to / 2 ** (32 - length)) === Math.floor(network / 2 ** (32 - length)))
}

interface Service {
  /** Length of the IP header, in bytes. */
  readonly header: number
  readonly to: number
  readonly network: boolean
}

/** Whether it is a packet to QEMU's DHCP or DNS, or an answer on a forwarded port. Never a fragment, because a fragment has no ports. */
function isService(packet: Buffer, { header, to, network }: Service): boolean {
  const isFragment = (packet.readUInt16BE(6) & 0x3fff) !== 0
  const protocol = packet[9]
  if (isFragment || (packet.length < header + 14 && protocol === tcp) || packet.length < header + 8) return false
  const port = packet.readUInt16BE(header + 2)
  if (protocol === udp && port === 67) return to === gateway || to === 0xffffffff
  if (to === resolver) return network && port === 53 && (protocol === udp || protocol === tcp)
  // A segment without ACK opens a new connection.
  return to === gateway && protocol === tcp && ((packet[header + 13] ?? 0) & tcpAcknowledge) !== 0
}
