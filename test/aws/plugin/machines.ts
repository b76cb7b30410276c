import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  ImportKeyPairCommand,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2'
import type { KeyPairArgs, KeyPairState } from '@pulumi/aws/ec2/keyPair.js'
import type { SecurityGroupArgs, SecurityGroupState } from '@pulumi/aws/ec2/securityGroup.js'
import { clients, retryUntilFound } from '../../../src/cloud/aws/clients.ts'
import { changeTags } from './change-tags.ts'
import { emulate, isFound, toTags, unlessGone } from './emulate.ts'

export const keyPair = emulate<KeyPairArgs, KeyPairState>({
  inputs: ['keyName', 'publicKey', 'tags'],
  mutable: ['tags'],
  async create({ keyName = '', publicKey = '', tags }) {
    const specification = { ResourceType: 'key-pair' as const, Tags: toTags(tags) }
    const made = await clients
      .ec2()
      .send(new ImportKeyPairCommand({ KeyName: keyName, PublicKeyMaterial: Buffer.from(publicKey), TagSpecifications: [specification] }))
    return { id: keyName, outputs: { keyPairId: made.KeyPairId ?? '', fingerprint: made.KeyFingerprint ?? '' } }
  },
  async update(_id, { tags }, old) {
    await changeTags([old.keyPairId ?? ''], old.tags, tags)
    return {}
  },
  exists: (id) =>
    isFound(async () => {
      const { KeyPairs = [] } = await clients.ec2().send(new DescribeKeyPairsCommand({ KeyNames: [id] }))
      return KeyPairs.length > 0
    }),
  async delete(id) {
    await unlessGone(() => clients.ec2().send(new DeleteKeyPairCommand({ KeyName: id })))
  },
})

export const securityGroup = emulate<SecurityGroupArgs, SecurityGroupState>({
  inputs: ['name', 'description', 'ingress', 'egress', 'vpcId', 'tags'],
  mutable: ['ingress', 'egress', 'tags'],
  refuse: ({ name = '' }) => (name.startsWith('sg-') ? 'name' : undefined),
  async create({ name = '', description = '', ingress, egress, vpcId, tags }, made) {
    const specification = { ResourceType: 'security-group' as const, Tags: toTags(tags) }
    const group = { GroupName: name, Description: description, TagSpecifications: [specification], ...(vpcId ? { VpcId: vpcId } : {}) }
    const { GroupId = '' } = await clients.ec2().send(new CreateSecurityGroupCommand(group))
    made(GroupId)
    await retryUntilFound('test', () => changeRules(GroupId, { egress: defaultEgress }, { ingress, egress: egress ?? [] }))
    return { id: GroupId, outputs: {} }
  },
  async update(GroupId, { tags, ...rules }, old) {
    await changeRules(GroupId, old, rules)
    await changeTags([GroupId], old.tags, tags)
    return {}
  },
  exists: (id) =>
    isFound(async () => {
      const { SecurityGroups = [] } = await clients.ec2().send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }))
      return SecurityGroups.length > 0
    }),
  async delete(id) {
    await unlessGone(() => clients.ec2().send(new DeleteSecurityGroupCommand({ GroupId: id })))
  },
})

type Rules = Parameters<Parameters<typeof emulate<SecurityGroupArgs, SecurityGroupState>>[0]['create']>[0]['ingress']

interface BothRules {
  readonly ingress?: Rules
  readonly egress?: Rules
}

/** The rule of a new group, which the real provider removes if it is not among its inputs. */
const defaultEgress = [{ protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: ['0.0.0.0/0'] }]

async function changeRules(GroupId: string, olds: BothRules, news: BothRules): Promise<void> {
  const client = clients.ec2()
  const ruled = (IpPermissions: IpPermission[]) => ({ GroupId, IpPermissions })
  const [noIngress, ingress] = [without(olds.ingress, news.ingress), without(news.ingress, olds.ingress)]
  const [noEgress, egress] = [without(olds.egress, news.egress), without(news.egress, olds.egress)]
  if (noIngress.length > 0) await client.send(new RevokeSecurityGroupIngressCommand(ruled(noIngress)))
  if (ingress.length > 0) await client.send(new AuthorizeSecurityGroupIngressCommand(ruled(ingress)))
  if (noEgress.length > 0) await client.send(new RevokeSecurityGroupEgressCommand(ruled(noEgress)))
  if (egress.length > 0) await client.send(new AuthorizeSecurityGroupEgressCommand(ruled(egress)))
}

/** Those rules that are not among the others. */
function without(rules: Rules, others: Rules): IpPermission[] {
  const known = (others ?? []).map((rule) => JSON.stringify(toPermission(rule)))
  return (rules ?? []).map(toPermission).filter((rule) => !known.includes(JSON.stringify(rule)))
}

function toPermission({ protocol, fromPort, toPort, cidrBlocks, description }: NonNullable<Rules>[number]): IpPermission {
  const ports = protocol === '-1' ? {} : { FromPort: fromPort, ToPort: toPort }
  const IpRanges = (cidrBlocks ?? []).map((CidrIp) => ({ CidrIp, ...(description ? { Description: description } : {}) }))
  return { IpProtocol: protocol, ...ports, IpRanges }
}
