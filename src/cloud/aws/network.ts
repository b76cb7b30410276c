import {
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  type Filter,
  type Route,
  type Subnet,
} from '@aws-sdk/client-ec2'
import { MissingError, UsageError } from '../../core/errors.ts'
import { stateCommandLine } from '../../core/program.ts'
import type { Family } from '../../model/family.ts'
import type { BaseSearch } from '../cloud.ts'
import { ask, clients } from './clients.ts'
import { isNotFound } from './errors.ts'
import { optionsOf } from './family-options.ts'
import type { AwsOptions } from './options.ts'
import { subnetsOf } from './places.ts'
import { checkSessionPlugin, requireReach } from './route.ts'

/** The region of the build, and the function for problems that may end it later. */
export interface Surroundings extends Pick<BaseSearch, 'warn'> {
  readonly region: string
}

/**
 * Checks that the build can connect to machines in each of its subnets as `aws.reach` says. Returns the zones in which machines may be
 * started; empty if EC2 chooses one. Throws MissingError.
 */
export async function checkNetwork(family: Family, surroundings: Surroundings): Promise<string[]> {
  const options = optionsOf(family)
  requireReach(options.reach)
  await checkSessionPlugin(options.reach, surroundings.warn)
  if (subnetsOf(options).length === 0) return requireDefaultNetwork(options)
  const subnets = await Promise.all(subnetsOf(options).map(findSubnet))
  requireOneNetwork(subnets)
  for (const subnet of subnets) await checkSubnet(family, subnet, surroundings)
  return subnets.flatMap(({ AvailabilityZone }) => AvailabilityZone ?? [])
}

/** A security group belongs to one VPC, so all machines of a build are in one. */
function requireOneNetwork([first, ...others]: readonly Subnet[]): void {
  const other = others.find(({ VpcId }) => VpcId !== first?.VpcId)
  if (!other) return
  throw new UsageError(`Subnet ${first?.SubnetId} is in ${first?.VpcId}, but subnet ${other.SubnetId} is in ${other.VpcId}`, {
    hint: 'aws.subnetId in family.yaml: list subnets of one VPC',
  })
}

async function checkSubnet(family: Family, subnet: Subnet, surroundings: Surroundings): Promise<void> {
  const { reach } = optionsOf(family)
  // The base machine keeps its address while it is stopped.
  const needed = 1 + family.verify.clones
  const free = subnet.AvailableIpAddressCount ?? needed
  if (free < needed) {
    throw new MissingError(`Subnet ${subnet.SubnetId} has ${free} free addresses, but a build needs ${needed}`, {
      hint: `aws.subnetId in family.yaml: choose a larger subnet, or run ${stateCommandLine('reap')} to delete leftovers of killed builds`,
    })
  }
  if (reach === 'ssh') await requireInboundRoute(subnet)
  if (reach === 'ssm') await requireSessionService(subnet, surroundings)
}

/** The subnet. Throws MissingError if it does not exist. */
export async function findSubnet(subnetId: string): Promise<Subnet> {
  try {
    const { Subnets } = await ask('to read subnets', () => clients.ec2().send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] })))
    if (Subnets?.[0]) return Subnets[0]
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  throw new MissingError(`Subnet ${subnetId} does not exist in this region`, {
    hint: 'aws.subnetId in family.yaml: check the id, AWS_REGION and the account',
  })
}

async function requireDefaultNetwork({ zones = [], reach }: Pick<AwsOptions, 'zones' | 'reach'>): Promise<string[]> {
  const { Vpcs } = await ask('to read networks', () =>
    clients.ec2().send(new DescribeVpcsCommand({ Filters: [filter('is-default', 'true')] })),
  )
  if (!Vpcs?.length) throw new MissingError('This region has no default VPC', { hint: 'set aws.subnetId in family.yaml' })
  const { Subnets } = await ask('to read subnets', () =>
    clients.ec2().send(new DescribeSubnetsCommand({ Filters: [filter('default-for-az', 'true')] })),
  )
  const missing = zones.find((zone) => !Subnets?.some(({ AvailabilityZone }) => AvailabilityZone === zone))
  if (missing !== undefined) {
    throw new MissingError(`The default VPC of this region has no default subnet in the zone ${missing}`, {
      hint: `aws.zones in family.yaml: check the name, or create one: aws ec2 create-default-subnet --availability-zone ${missing}`,
    })
  }
  if (reach === 'ssh')
    requireAddresses((Subnets ?? []).filter(({ AvailabilityZone = '' }) => zones.length === 0 || zones.includes(AvailabilityZone)))
  if (Subnets?.length) return [...zones]
  throw new MissingError('The default VPC of this region has no default subnet', {
    hint: 'create one: aws ec2 create-default-subnet --availability-zone <zone>; or set aws.subnetId in family.yaml',
  })
}

/** In a default subnet, EC2 gives a machine a public address, unless the subnet has been changed. In a given subnet, the machine asks for one. */
function requireAddresses(subnets: readonly Subnet[]): void {
  const without = subnets.filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch === false)
  if (without.length === 0) return
  const name = (each: readonly Subnet[]): string => each.map(({ SubnetId }) => SubnetId).join(', ')
  throw new MissingError(`Machines get no public address in ${name(without)} of the default VPC, but aws.reach is ssh`, {
    hint: `aws.subnetId: [${name(subnets)}] in family.yaml: there, a machine asks for an address; or choose another aws.reach`,
  })
}

/** Direct SSH needs a route to an internet gateway. The machine gets a public address, also if the subnet assigns none by itself. */
async function requireInboundRoute(subnet: Subnet): Promise<void> {
  const hint = 'choose a public subnet (aws.subnetId), or aws.reach: ssm, a bastion or a proxyCommand'
  if (defaultRouteOf(await routesOf(subnet))?.GatewayId?.startsWith('igw-')) return
  throw new MissingError(`Subnet ${subnet.SubnetId} has no route to an internet gateway, but aws.reach is ssh`, { hint })
}

/** For a session, the machine connects to the service, over the internet or through an endpoint in its network. */
async function requireSessionService(subnet: Subnet, { region, warn }: Surroundings): Promise<void> {
  const routes = await routesOf(subnet)
  if (defaultRouteOf(routes)) return
  const service = `com.amazonaws.${region}.ssmmessages`
  const Filters = [filter('vpc-id', subnet.VpcId), filter('service-name', service), filter('vpc-endpoint-state', 'available')]
  const { VpcEndpoints } = await ask('to read endpoints', () => clients.ec2().send(new DescribeVpcEndpointsCommand({ Filters })))
  if (VpcEndpoints?.length) return
  if (routes.some(leadsToOtherNetwork)) {
    return warn(
      `${subnet.VpcId} has no endpoint ${service}, and subnet ${subnet.SubnetId} has no route to the internet: the endpoint must be in a network that the subnet has a route to`,
    )
  }
  throw new MissingError(
    `Machines in subnet ${subnet.SubnetId} cannot connect to Session Manager: it has no route to the internet and no endpoint ${service}`,
    {
      hint: 'add a NAT gateway or the endpoints ssm, ssmmessages and ec2messages, or choose another aws.subnetId',
    },
  )
}

/** The routes of a subnet: from its own route table, else from the main one of its VPC. */
async function routesOf({ SubnetId, VpcId }: Subnet): Promise<readonly Route[]> {
  const own = await findRoutes([filter('association.subnet-id', SubnetId)])
  return own ?? (await findRoutes([filter('vpc-id', VpcId), filter('association.main', 'true')])) ?? []
}

function defaultRouteOf(routes: readonly Route[]): Route | undefined {
  return routes.find(({ DestinationCidrBlock, State }) => DestinationCidrBlock === '0.0.0.0/0' && State !== 'blackhole')
}

/** Whether a route leads to a peered VPC, a transit gateway, or a VPN: endpoints there can be used too. */
function leadsToOtherNetwork({ VpcPeeringConnectionId, TransitGatewayId, CoreNetworkArn, GatewayId, State }: Route): boolean {
  const targets = [VpcPeeringConnectionId, TransitGatewayId, CoreNetworkArn, GatewayId?.startsWith('vgw-')]
  return State !== 'blackhole' && targets.some(Boolean)
}

async function findRoutes(Filters: Filter[]): Promise<readonly Route[] | undefined> {
  const { RouteTables } = await ask('to read routes', () => clients.ec2().send(new DescribeRouteTablesCommand({ Filters })))
  return RouteTables?.[0]?.Routes
}

function filter(Name: string, value: string | undefined): Filter {
  return { Name, Values: [value ?? ''] }
}
