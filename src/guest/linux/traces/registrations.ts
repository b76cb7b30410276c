import type { Trace } from './trace.ts'

const check = 'no-service-identities'

/** Registrations of a machine with a cloud, a vendor, a domain or a monitoring server. */
export const registrationTraces: readonly Trace[] = [
  {
    operation: 'ecs',
    what: 'Amazon ECS agent: registration',
    seal: 'remove',
    paths: ['/var/lib/ecs/data/*', '/var/cache/ecs/state'],
    check,
  },
  {
    operation: 'ssm',
    what: 'Amazon SSM agent: registration and keys',
    seal: 'remove',
    paths: [
      '/var/lib/amazon/ssm/i-*',
      '/var/lib/amazon/ssm/mi-*',
      '/var/lib/amazon/ssm/registration',
      '/var/lib/amazon/ssm/Vault',
      '/var/lib/amazon/ssm/credentials',
      '/var/lib/amazon/ssm/runtimeconfig/*',
    ],
    check,
  },
  {
    operation: 'cloud-agents',
    what: 'Google guest agent and Azure Linux agent: what they know of their machine',
    seal: 'remove',
    paths: [
      '/etc/instance_id',
      '/var/lib/waagent/*.xml',
      '/var/lib/waagent/*.prv',
      '/var/lib/waagent/*.crt',
      '/var/lib/waagent/provisioned',
    ],
    check,
  },
  {
    operation: 'monitoring-agents',
    what: 'osquery, Elastic beats, Wazuh: UUID or key',
    seal: 'remove',
    paths: ['/var/osquery/osquery.db', '/var/lib/*beat/meta.json', '/var/ossec/etc/client.keys'],
    check,
  },
  {
    operation: 'overlay-networks',
    what: 'Tailscale, ZeroTier, Teleport: keys of the node',
    seal: 'remove',
    paths: [
      '/var/lib/tailscale/tailscaled.state',
      '/var/lib/zerotier-one/identity.*',
      '/var/lib/teleport/host_uuid',
      '/var/lib/teleport/proc',
    ],
    check,
  },
  {
    operation: 'red-hat-subscription',
    what: 'Red Hat subscription, Insights, Satellite',
    seal: 'remove',
    paths: [
      '/etc/pki/consumer/*',
      '/etc/pki/entitlement/*',
      '/var/lib/rhsm/facts/*',
      '/etc/sysconfig/rhn/systemid',
      '/etc/sysconfig/rhn/osad-auth.conf',
      '/etc/insights-client/machine-id',
      '/etc/insights-client/.registered',
      '/var/lib/yum/uuid',
      '/etc/smolt/*uuid',
      '/etc/sysconfig/hw-uuid',
    ],
    check,
    sysprep: ['rh-subscription-manager', 'rhn-systemid', 'yum-uuid', 'smolt-uuid'],
  },
  {
    operation: 'ubuntu-pro',
    what: 'Ubuntu Pro: token of the machine',
    seal: 'remove',
    paths: [
      '/var/lib/ubuntu-advantage/machine-token.json',
      '/var/lib/ubuntu-advantage/private/*',
      '/etc/apt/auth.conf.d/90ubuntu-advantage',
    ],
    check,
  },
  {
    operation: 'suse-registration',
    what: 'SUSE Customer Center: credentials',
    seal: 'remove',
    paths: ['/etc/zypp/credentials.d/SCCcredentials', '/var/lib/zypp/AnonymousUniqueId'],
    check,
  },
  {
    operation: 'keytabs',
    what: 'Kerberos: key of the host',
    seal: 'remove',
    paths: ['/etc/krb5.keytab', '/etc/opt/quest/vas/host.keytab'],
    check,
    sysprep: ['kerberos-hostkeytab'],
  },
  {
    operation: 'domain-membership',
    what: 'caches of SSSD; secrets of a Samba domain member',
    seal: 'remove',
    paths: ['/var/lib/sss/db/*', '/var/lib/samba/private/secrets.tdb'],
    check,
    sysprep: ['sssd-db-log', 'samba-db-log'],
  },
]
