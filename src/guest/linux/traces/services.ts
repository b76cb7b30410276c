import type { Trace } from './trace.ts'

const check = 'no-service-identities'

const agents = ['k3s', 'rke2'].flatMap((name) =>
  [
    'server/tls',
    'server/cred',
    'server/db',
    'server/token',
    'server/node-token',
    'server/agent-token',
    'agent/*.crt',
    'agent/*.key',
    'agent/*.kubeconfig',
  ].map((path) => `/var/lib/rancher/${name}/${path}`),
)

/** Identities of services and agents. Each of them makes a new one if it finds none. */
export const serviceTraces: readonly Trace[] = [
  {
    operation: 'iscsi',
    what: 'iSCSI initiator name; a new one is made at the first boot',
    seal: 'script',
    paths: ['/etc/iscsi/initiatorname.iscsi', '/etc/iscsi/initiatorname.iscsi.bak'],
    check,
    checkedElsewhere: true,
  },
  {
    operation: 'nvme',
    what: 'NVMe host NQN and host ID; new ones are made at the first boot',
    seal: 'remove',
    paths: ['/etc/nvme/hostnqn', '/etc/nvme/hostid'],
    check,
  },
  {
    operation: 'snakeoil',
    what: 'self-signed certificates that a package made, with their keys; a new one is made at the first boot',
    seal: 'remove',
    paths: [
      '/etc/ssl/private/ssl-cert-snakeoil.key',
      '/etc/ssl/certs/ssl-cert-snakeoil.pem',
      '/etc/pki/tls/private/localhost.key',
      '/etc/pki/tls/certs/localhost.crt',
    ],
    check,
  },
  {
    operation: 'mysql',
    what: 'server UUID of MySQL, and the keys that it made for TLS',
    seal: 'remove',
    paths: [
      '/var/lib/mysql/auto.cnf',
      '/var/lib/mysql/*-key.pem',
      '/var/lib/mysql/*-cert.pem',
      '/var/lib/mysql/ca.pem',
      '/var/lib/mysql/private_key.pem',
      '/var/lib/mysql/public_key.pem',
    ],
    check,
  },
  {
    operation: 'postgresql',
    what: 'system identifier of a PostgreSQL cluster',
    seal: 'keep',
    why: 'it belongs to the data: replicas need the same one. Create the cluster at the first boot if machines must differ',
  },
  {
    operation: 'docker',
    what: 'Docker: key and engine ID',
    seal: 'remove',
    paths: ['/etc/docker/key.json', '/var/lib/docker/engine-id', '/var/lib/docker/buildkit/workerid'],
    check,
  },
  {
    operation: 'containerd',
    what: 'containerd: UUID',
    seal: 'remove',
    paths: [
      '/var/lib/containerd/io.containerd.grpc.v1.introspection/uuid',
      '/var/lib/docker/containerd/daemon/io.containerd.grpc.v1.introspection/uuid',
    ],
    check,
  },
  {
    operation: 'kubernetes',
    what: 'k3s and RKE2: node password, certificates, token and database; certificates of the kubelet',
    seal: 'remove',
    paths: ['/etc/rancher/node/password', ...agents, '/var/lib/kubelet/pki/*'],
    check,
  },
  {
    operation: 'salt',
    what: 'Salt minion: key and ID',
    seal: 'remove',
    paths: [
      '/etc/salt/pki/minion/minion.pem',
      '/etc/salt/pki/minion/minion.pub',
      '/etc/salt/pki/minion/minion_master.pub',
      '/etc/salt/minion_id',
    ],
    check,
  },
  {
    operation: 'puppet',
    what: 'Puppet agent: key, certificate and state',
    seal: 'remove',
    paths: [
      '/etc/puppetlabs/puppet/ssl',
      '/etc/puppet/ssl',
      '/var/lib/puppet/ssl',
      '/opt/puppetlabs/puppet/cache/state',
      '/var/lib/puppet/state',
      '/var/cache/puppet/state',
    ],
    check,
    sysprep: ['puppet-data-log'],
  },
  { operation: 'chef', what: 'Chef and Cinc client: key', seal: 'remove', paths: ['/etc/chef/client.pem', '/etc/cinc/client.pem'], check },
  {
    operation: 'consul',
    what: 'Consul and Nomad: node ID, client ID, cluster state',
    seal: 'remove',
    paths: [
      '/var/lib/consul/node-id',
      '/opt/consul/node-id',
      '/opt/consul/data/node-id',
      '/opt/consul/serf',
      '/opt/consul/raft',
      '/opt/nomad/client/client-id',
      '/opt/nomad/client/secret-id',
      '/opt/nomad/data/client/client-id',
      '/opt/nomad/data/client/secret-id',
      '/opt/nomad/data/server/node-id',
    ],
    check,
  },
  { operation: 'mail-server', what: 'entropy that Postfix saves', seal: 'remove', paths: ['/var/lib/postfix/prng_exch'], check },
  {
    operation: 'servers-of-the-family',
    what: 'data of Kerberos, DHCP, Dovecot and IPA servers, firewall rules, certificates of the administrator, ABRT settings',
    seal: 'keep',
    why: 'the playbook put them there on purpose',
    sysprep: ['kerberos-data', 'dhcp-server-state', 'dovecot-data', 'ipa-client', 'firewall-rules', 'ca-certificates'],
  },
]
