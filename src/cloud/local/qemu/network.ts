/** The two sockets of a machine that its network filter connects to. */
export interface FilterSockets {
  /** QEMU writes here what the guest sends. */
  readonly fromGuest: string
  /** QEMU takes from here what may leave. */
  readonly toNetwork: string
}

export interface NetworkSpec {
  /** Port on 127.0.0.1 that leads to the guest's own. */
  readonly hostPort: number
  readonly guestPort: number
  /** What the guest sends goes through this filter. Without one, it answers on its forwarded port, reaches nothing, and is told no name server. */
  readonly filter?: FilterSockets
}

/**
 * The guest's network, named `net`. Without IPv6: one protocol less to filter. QEMU drops what the guest sends as long as nobody is
 * connected to the filter's sockets.
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

/** What QEMU must be built with for a filter. */
export const filterObject = 'filter-redirector'

function socketArguments(id: string, path: string): string[] {
  return ['-chardev', `socket,id=${id},path=${path.replaceAll(',', ',,')},server=on,wait=off`]
}
