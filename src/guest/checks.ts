/**
 * All hygiene checks: identifier and subject. The identifiers never change. docs/checks.md explains for each check why it matters and how
 * to fix a failure.
 */
const checks: Readonly<Record<string, string>> = {
  // Health
  'system-running': 'state of systemd after the boot',
  'setup-complete': 'state of Windows Setup',
  'no-setup-in-progress': 'Windows Setup that still runs',
  'no-failed-services': 'services that failed',
  'no-pending-reboot': 'updates that wait for a reboot',
  'clock-correct': 'time of the machine compared with this computer',
  'disk-space': 'free space on the system disk',
  'fstab-valid': 'entries of /etc/fstab',
  'root-disk-writable': 'mount of the root disk',
  'root-disk-grown': 'size of the root file system compared with its disk',
  'dns-configured': 'name servers in /etc/resolv.conf',
  'firewall-on': 'profiles of the Windows firewall',
  'no-half-installed-packages': 'state of the installed packages',
  'no-old-installation': 'old Windows installation',
  // Identity
  'image-generalised': 'result of Sysprep',
  'no-sysprep-errors': 'errors in the log of Sysprep',
  'machine-id-set': 'content of /etc/machine-id',
  'machine-id-consistent': 'machine id of D-Bus compared with /etc/machine-id',
  'machine-id-differs-from-base': 'machine id (SID on Windows) compared with the base',
  'machine-id-differs-between-clones': 'machine ids of the machines of one image',
  'ssh-host-keys-exist': 'SSH host keys',
  'ssh-host-keys-new': 'SSH host keys that are older than the machine',
  'ssh-host-keys-private': 'file permissions of the SSH host keys',
  'ssh-host-keys-as-presented': 'SSH host keys that a client sees, compared with the files',
  'ssh-host-keys-differ-from-base': 'SSH host keys compared with the base',
  'ssh-host-keys-differ-between-clones': 'SSH host keys of the machines of one image',
  'random-seed-new': 'random seed that is older than the machine',
  'service-identities-differ-between-clones': 'identities of the services on the machines of one image',
  'no-service-identities': 'identities of services and registrations that are older than the machine',
  // Access
  'no-extra-login-keys': 'authorized SSH keys beside the one of this machine',
  'no-build-users': 'user accounts of build tools',
  'no-empty-passwords': 'accounts with an empty password',
  'root-password-locked': 'password of root',
  'no-second-root-user': 'accounts with user id 0 beside root',
  'no-admin-passwords': 'passwords of accounts that may become root',
  'guest-account-off': 'guest account of Windows',
  'no-automatic-logon': 'automatic logon of Windows',
  'sshd-config-valid': 'configuration of sshd',
  'no-root-password-login': 'settings of sshd for logins with a password',
  'winrm-encrypted': 'settings of WinRM for unencrypted logins',
  'no-extra-winrm-listeners': 'WinRM listeners beside the one of this machine',
  'no-build-certificates': 'certificates of the build',
  'no-private-keys': 'private keys in home folders',
  'no-credential-files': 'credential files in home folders',
  'no-passwords-in-answer-files': 'passwords in Windows answer files',
  'password-files-private': 'file permissions of /etc/shadow and /etc/gshadow',
  'no-world-writable-settings': 'files in /etc that every user may change',
  // The disk, read without starting it
  'offline.readable': 'file systems of the image, read from outside',
  'offline.no-login-keys': 'authorized SSH keys on the disk of the image',
  'offline.no-host-keys': 'SSH host keys on the disk of the image',
  'offline.no-logs': 'content of log files on the disk of the image',
  'offline.machine-id-empty': 'machine id on the disk of the image',
  'offline.setuid-from-packages': 'programs on the disk of the image that run as another user, and their packages',
  'offline.setuid-as-reported': 'programs on the disk of the image that run as another user, compared with what the machine reports',
  // Traces of the build
  'no-shell-history': 'shell history of all users',
  'no-ansible-files': 'files of Ansible',
  'no-build-settings': 'settings that the build changed to log in',
  'no-build-scripts': 'scripts of the build',
  'no-package-lists': 'package lists',
  'no-downloaded-packages': 'downloaded packages',
  'no-installer-files': 'answers and logs of an installer',
  'no-timer-stamps': 'last runs of timers during the build',
  'no-cloud-init-state': 'cloud-init state of the build',
  'no-dhcp-leases': 'DHCP leases of the build',
  'no-network-settings': 'network settings that were written for the build machine',
  'no-build-hostname': 'host name of the build machine',
  'no-fixed-network-names': 'udev rules that bind a network name to a network interface',
  'no-build-logs': 'log files that are older than the machine',
  'no-build-journal': 'boots in the system journal',
  'no-crash-dumps': 'crash dumps',
  'no-temporary-files': 'temporary files that are older than the machine',
  'no-mail': 'mailboxes',
  'no-scheduled-jobs': 'jobs that the build scheduled',
  'no-account-file-backups': 'backup copies of the account files',
}

/** What a check does, as a sentence. */
export function describeCheck(check: string): string {
  return `Checks ${checks[check] ?? 'something that has no description'}.`
}

/** The identifiers of all checks, of every system. */
export const checkNames: readonly string[] = Object.keys(checks)
