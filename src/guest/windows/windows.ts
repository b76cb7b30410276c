import type { System } from '../system.ts'
import { windowsChecks } from './checks.ts'
import { requirePassword } from './password.ts'

/** Windows. */
export const windows: System = {
  title: 'Windows',
  defaults: {
    login: { by: 'password', user: 'Administrator', transport: 'psrp' },
    configure: { strategy: 'linear' },
  },
  restricted: [
    { path: ['login', 'by'], values: ['password', 'cloud-init'] },
    { path: ['configure', 'strategy'], values: ['linear'] },
  ],
  usesSudo: false,
  // EC2 encrypts the password with an RSA key, and Node needs the key in PEM to decrypt it.
  keyKind: 'rsa-pem',
  checks: windowsChecks,
  readsIdentityInParallel: false,
  preflight: requirePassword,
  openSession: async (context, host) => (await import('./session.ts')).openWindowsSession(context, host),
  readIdentity: async (session) => (await import('./identity.ts')).readWindowsIdentity(session),
  seal: async (session, isStopped) => (await import('./seal.ts')).sealWindows(session, isStopped),
  checkHygiene: async (session) => (await import('./hygiene.ts')).checkWindowsHygiene(session),
  reboot: async (session, deadline) => (await import('./reboot.ts')).rebootWindows(session, deadline),
}
