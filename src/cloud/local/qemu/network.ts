/** The two sockets of QEMU to which the network filter of a machine connects. */
export interface FilterSockets {
  /** QEMU writes the packets of the guest to this socket. */
  readonly fromGuest: string
  /** QEMU reads the allowed packets from this socket. */
  readonly toNetwork: string
}

/** The network of a machine. */
export interface NetworkSpec {
  /** The port on 127.0.0.1 that is forwarded to the guest. */
  readonly hostPort: number
  readonly guestPort: number
  /** The filter for the packets of the guest. Without it, the guest only answers on its forwarded port, and gets no name server. */
  readonly filter?: FilterSockets
}

/**
 * The arguments of the network `net`. It has no IPv6, so that the filter needs to know only one protocol. While no filter is connected,
 * QEMU drops the packets of the guest.
 */
export function networkArguments({ hostPort, guestPort, filter }: NetworkSpec): string[] {
  const user = ['-netdev', `user,id=net,ipv6=off,restrict=${filter ? 'off' : 'on'},hostfwd=tcp:127.0.0.1:${hostPort}-:${guestPort}`]
  if (!filter) return user
  return [
    ...user,
    ...socketArguments('fromguest', filter.fromGuest),
    ...socketArguments('tonetwork', filter.toNetwork),
    ...['-object', `${filterObject},id=filter,netdev=net,queue=rx,outdev=fromguest,indev=tonetwork`],
  ]
}

/** The QEMU object that the filter needs. QEMU can be built without it. */
export const filterObject = 'filter-redirector'

function socketArguments(id: string, path: string): string[] {
  return ['-chardev', `socket,id=${id},path=${path.replaceAll(',', ',,')},server=on,wait=off`]
}
