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
  /** The field of flags and offset of a fragment. */
  readonly fragment?: number
  readonly options?: number
  readonly type?: number
}

const protocols = { icmp: 1, tcp: 6, udp: 17 } as const
const flagBits = { syn: 0x02, ack: 0x10, 'syn-ack': 0x12 } as const

/** An Ethernet frame as a guest sends it. */
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
    ['reaches a mirror', { to: '151.101.2.132', port: 443 }],
    ['reaches a mirror of a private network', { to: '10.1.2.3' }],
    ['sends fragments to others', { to: '151.101.2.132', protocol: 'udp', fragment: 0x2000 }],
    ['asks for names', { to: '10.0.2.3', protocol: 'udp', port: 53 }],
    ['asks for names over TCP', { to: '10.0.2.3', port: 53 }],
    ['asks for an address', { to: '255.255.255.255', protocol: 'udp', port: 67 }],
    ['renews its address', { to: '10.0.2.2', protocol: 'udp', port: 67 }],
    ['accepts a connection that this computer made', { to: '10.0.2.2', flags: 'syn-ack' }],
    ['answers on it', { to: '10.0.2.2', flags: 'ack' }],
    ['finds out hardware addresses', { to: '10.0.2.2', type: 0x0806 }],
  ])('%s', (_claim, sent) => {
    expect(isAllowed(frame(sent), open)).toBe(true)
  })

  it.each<[string, Sent]>([
    ['the loopback of this computer through the gateway', { to: '10.0.2.2' }],
    ['it past IP options', { to: '10.0.2.2', options: 8 }],
    ['it by UDP', { to: '10.0.2.2', protocol: 'udp' }],
    ['it by a segment in two fragments', { to: '10.0.2.2', flags: 'ack', fragment: 0x2000 }],
    ['it by the rest of a fragment', { to: '10.0.2.2', flags: 'ack', fragment: 0x0002 }],
    ['a name server of this computer on another port than 53', { to: '10.0.2.3' }],
    ['another alias of QEMU', { to: '10.0.2.200' }],
    ['the loopback by its own address', { to: '127.0.0.1' }],
    ['a name server on the loopback by its own address', { to: '127.0.0.53', protocol: 'udp', port: 53 }],
    ['the metadata service of a cloud', { to: '169.254.169.254', port: 80 }],
    ['link-local neighbours', { to: '169.254.1.1', protocol: 'icmp' }],
    ['an address of this computer', { to: '192.0.2.2' }],
    ['"this host"', { to: '0.0.0.0' }],
    ['groups', { to: '239.1.2.3', protocol: 'udp' }],
    ['everybody', { to: '255.255.255.255', protocol: 'udp' }],
    ['anything by IPv6', { to: '151.101.2.132', type: 0x86dd }],
    ['anything by a virtual network', { to: '151.101.2.132', type: 0x8100 }],
  ])('does not reach %s', (_claim, sent) => {
    expect(isAllowed(frame(sent), open)).toBe(false)
  })

  it.each<[string, boolean, Sent]>([
    ['asks for an address', true, { to: '255.255.255.255', protocol: 'udp', port: 67 }],
    ['answers on a connection that this computer made', true, { to: '10.0.2.2', flags: 'ack' }],
    ['asks for names', false, { to: '10.0.2.3', protocol: 'udp', port: 53 }],
    ['reaches a mirror', false, { to: '151.101.2.132', port: 443 }],
    ['reaches the loopback of this computer', false, { to: '10.0.2.2' }],
  ])('without a network %s: %s', (_claim, allowed, sent) => {
    expect(isAllowed(frame(sent), closed)).toBe(allowed)
  })

  it('sends no frame that is too short to be judged', () => {
    const whole = frame({ to: '10.0.2.2', flags: 'ack' })
    expect(Array.from({ length: 47 }, (_, length) => isAllowed(whole.subarray(0, length), open)).filter(Boolean)).toEqual([])
  })
})

it('takes a stream of frames apart, however it is cut', () => {
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
