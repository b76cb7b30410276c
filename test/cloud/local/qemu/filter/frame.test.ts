import { describe, expect, it } from 'vitest'
import { address, isAllowed } from '../../../../../src/cloud/local/qemu/filter/frame.ts'
import { frameOf, splitFrames } from '../../../../../src/cloud/local/qemu/filter/split.ts'

const open = { network: true, own: new Set([address('192.0.2.2')]) }
const closed = { ...open, network: false }

interface Sent {
  readonly to: string
  readonly protocol?: 'tcp' | 'udp' | 'icmp'
  readonly port?: number
  readonly flags?: 'syn' | 'ack' | 'syn-ack'
  /** The flags and the fragment offset. */
  readonly fragment?: number
  readonly options?: number
  readonly type?: number
}

const protocols = { icmp: 1, tcp: 6, udp: 17 } as const
const flagBits = { syn: 0x02, ack: 0x10, 'syn-ack': 0x12 } as const

/** An Ethernet frame of a guest. */
function frame({ to, protocol = 'tcp', port = 8080, flags = 'syn', fragment = 0, options = 0, type = 0x0800 }: Sent): Buffer {
  const header = 20 + options
  const bytes = Buffer.alloc(14 + header + 20)
  bytes.writeUInt16BE(type, 12)
  bytes[14] = 0x40 | (header / 4)
  bytes.writeUInt16BE(fragment, 14 + 6)
  bytes[14 + 9] = protocols[protocol]
  bytes.writeUInt32BE(address(to), 14 + 16)
  bytes.writeUInt16BE(22, 14 + header)
  bytes.writeUInt16BE(port, 14 + header + 2)
  bytes[14 + header + 13] = flagBits[flags]
  return bytes
}

describe('a guest with a network', () => {
  it.each<[string, Sent]>([
    ['can connect to a mirror', { to: '151.101.2.132', port: 443 }],
    ['can connect to a mirror in a private network', { to: '10.1.2.3' }],
    ['can send fragments to other computers', { to: '151.101.2.132', protocol: 'udp', fragment: 0x2000 }],
    ['can resolve names', { to: '10.0.2.3', protocol: 'udp', port: 53 }],
    ['can resolve names over TCP', { to: '10.0.2.3', port: 53 }],
    ['can request an address', { to: '255.255.255.255', protocol: 'udp', port: 67 }],
    ['can renew its address', { to: '10.0.2.2', protocol: 'udp', port: 67 }],
    ['can accept a connection from this computer', { to: '10.0.2.2', flags: 'syn-ack' }],
    ['can answer on it', { to: '10.0.2.2', flags: 'ack' }],
    ['can resolve hardware addresses', { to: '10.0.2.2', type: 0x0806 }],
  ])('%s', (_claim, sent) => {
    expect(isAllowed(frame(sent), open)).toBe(true)
  })

  it.each<[string, Sent]>([
    ['the loopback of this computer through the gateway', { to: '10.0.2.2' }],
    ['the loopback interface with IP options', { to: '10.0.2.2', options: 8 }],
    ['the loopback interface by UDP', { to: '10.0.2.2', protocol: 'udp' }],
    ['the loopback interface with a segment in two fragments', { to: '10.0.2.2', flags: 'ack', fragment: 0x2000 }],
    ['the loopback interface with a second fragment', { to: '10.0.2.2', flags: 'ack', fragment: 0x0002 }],
    ['a name server of this computer on another port than 53', { to: '10.0.2.3' }],
    ['another alias of QEMU', { to: '10.0.2.200' }],
    ['the loopback interface by 127.0.0.1', { to: '127.0.0.1' }],
    ['a name server on the loopback interface by 127.0.0.53', { to: '127.0.0.53', protocol: 'udp', port: 53 }],
    ['the metadata service of a cloud', { to: '169.254.169.254', port: 80 }],
    ['link-local neighbours', { to: '169.254.1.1', protocol: 'icmp' }],
    ['an address of this computer', { to: '192.0.2.2' }],
    ['the address 0.0.0.0 (this host)', { to: '0.0.0.0' }],
    ['multicast groups', { to: '239.1.2.3', protocol: 'udp' }],
    ['the broadcast address', { to: '255.255.255.255', protocol: 'udp' }],
    ['anything by IPv6', { to: '151.101.2.132', type: 0x86dd }],
    ['anything in a VLAN', { to: '151.101.2.132', type: 0x8100 }],
  ])('cannot connect to %s', (_claim, sent) => {
    expect(isAllowed(frame(sent), open)).toBe(false)
  })

  it.each<[string, boolean, Sent]>([
    ['can request an address', true, { to: '255.255.255.255', protocol: 'udp', port: 67 }],
    ['can answer on a connection from this computer', true, { to: '10.0.2.2', flags: 'ack' }],
    ['can resolve names', false, { to: '10.0.2.3', protocol: 'udp', port: 53 }],
    ['can connect to a mirror', false, { to: '151.101.2.132', port: 443 }],
    ['can connect to the loopback interface of this computer', false, { to: '10.0.2.2' }],
  ])('without a network %s: %s', (_claim, allowed, sent) => {
    expect(isAllowed(frame(sent), closed)).toBe(allowed)
  })

  it('cannot send a frame that is too short', () => {
    const whole = frame({ to: '10.0.2.2', flags: 'ack' })
    expect(Array.from({ length: 47 }, (_, length) => isAllowed(whole.subarray(0, length), open)).filter(Boolean)).toEqual([])
  })
})

it('splits a stream of frames that arrives in any pieces', () => {
  const frames = ['a', 'bcd', '', 'efghij'].map((text) => Buffer.from(text))
  const stream = Buffer.concat(frames.flatMap((each) => [Buffer.from([0, 0, 0, each.length]), each]))
  for (let size = 1; size <= stream.length; size++) {
    const split = splitFrames()
    const found: string[] = []
    for (let at = 0; at < stream.length; at += size) {
      for (const piece of split(stream.subarray(at, at + size))) found.push(frameOf(piece).toString())
    }
    expect(found).toEqual(['a', 'bcd', '', 'efghij'])
  }
  expect(() => splitFrames()(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toThrow('a frame of')
})
