import { local } from '@pulumi/command'
import { all, type CustomResourceOptions, type Output, output, type Resource } from '@pulumi/pulumi'
import type { BuildContext, CloudResources, ImageResource, InstanceResource } from '../cloud/cloud.ts'
import type { Host, KeyPair } from '../model/host.ts'
import type { BuildOutputs } from '../model/outputs.ts'
import type { RecordedMachine } from '../model/record.ts'
import { requirePassed, type StepResult } from '../model/step.ts'
import { type KeptRequest, renderKeptRequest } from '../model/step-request.ts'
import type { Tags } from '../model/tags.ts'
import { Attachment } from './attachment.ts'

/** The input of the two Pulumi programs of a build. */
export interface GraphSpec {
  readonly context: BuildContext
  readonly resources: CloudResources
  /** ID of the base image. */
  readonly base: string
  readonly imageName: string
  readonly candidateName: string
  readonly keys: { readonly base: KeyPair; readonly trial: KeyPair }
  /** The shell command that runs a step. */
  readonly stepCommand: (step: StepResult['step']) => string
  /** The request, for `reap` on another computer: it removes temporary resources that are kept. */
  readonly kept?: KeptRequest
  /** Called for each machine when login works. After a failure, the user gets these logins for kept machines. */
  readonly onHost?: (host: Host) => void
  /** Called for each machine that the cloud has started, if the cloud has several kinds. */
  readonly onMachine?: (machine: RecordedMachine) => void
}

/** The program that creates everything. Each resource depends on the previous one, so a candidate that failed its tests is not copied. */
export function bakeProgram(spec: GraphSpec): () => Promise<Record<string, unknown>> {
  return async () => {
    if (spec.kept) new Attachment(renderKeptRequest(spec.kept))
    const base = instance(spec, 'base', {})
    const configure = step(spec, 'configure', [base], {})
    const seal = step(spec, 'seal', [base], { dependsOn: [configure] })
    const candidate = spec.resources.image(
      'candidate',
      { context: spec.context, name: spec.candidateName, tags: tags(spec, 'candidate'), instance: base },
      { dependsOn: [seal] },
    )
    const trials = trialNames(spec).map((name) => instance(spec, name, { dependsOn: [candidate.resource] }, candidate))
    const verify = step(spec, 'verify', trials, { dependsOn: trials.map((trial) => trial.resource) })
    // The copy gets the ID of the candidate from this function, which throws if verify did not pass.
    const verified = all([candidate.imageId, verify.stdout]).apply(([id, stdout]) => requirePassed(id, stdout))
    return outputs(promoted(spec, verified, [verify]), verified)
  }
}

/** The parts of the input that the promoted image needs. */
type ImageSpecOfBuild = Pick<GraphSpec, 'context' | 'resources' | 'imageName'>

/** The program that keeps only the promoted image. Running it removes the temporary resources. */
export function keepProgram(spec: ImageSpecOfBuild, candidateId: string): () => Promise<Record<string, unknown>> {
  return async () => outputs(promoted(spec, output(candidateId), []), output(candidateId))
}

/** The promoted image. It is protected in the state, so that `pulumi destroy` fails. `OpenStack.destroy` removes the protection first. */
function promoted(spec: ImageSpecOfBuild, source: Output<string>, dependsOn: Resource[]): ImageResource {
  const image = { context: spec.context, name: spec.imageName, tags: tags(spec, 'promoted'), source }
  return spec.resources.copy('image', image, { dependsOn, protect: true })
}

function instance(spec: GraphSpec, name: string, options: CustomResourceOptions, candidate?: ImageResource): InstanceResource {
  const stage = candidate ? 'trial' : 'base'
  const key = spec.keys[stage]
  const made = spec.resources.instance(
    name,
    {
      context: spec.context,
      stage,
      image: candidate?.imageId ?? spec.base,
      publicKey: key.publicKey,
      identityFile: key.identityFile,
      knownHostsFile: `${spec.context.buildFolder}/keys/known_hosts-${name}`,
      warm: stage === 'base',
    },
    options,
  )
  made.host.apply((host) => spec.onHost?.(host))
  made.kind?.apply((kind) => spec.onMachine?.({ name, kind }))
  return made
}

function step(
  spec: GraphSpec,
  name: StepResult['step'],
  instances: readonly InstanceResource[],
  options: CustomResourceOptions,
): local.Command {
  const hosts = all(instances.map((each) => each.host)).apply((list) => JSON.stringify(list))
  return new local.Command(
    name,
    { create: spec.stepCommand(name), environment: { BAKEHOUSE_HOSTS: hosts }, triggers: [spec.context.build], logging: 'none' },
    { ...options, customTimeouts: { create: '12h' } },
  )
}

function trialNames(spec: GraphSpec): string[] {
  return Array.from({ length: spec.context.family.verify.clones }, (_, index) => (index === 0 ? 'trial' : `trial-${index + 1}`))
}

function tags(spec: Pick<GraphSpec, 'context'>, stage: Tags['stage']): Tags {
  const { family, version, build, expires } = spec.context
  return { tool: 'bakehouse', family: family.name, version, build, stage, expires: stage === 'promoted' ? '' : expires }
}

function outputs(image: ImageResource, candidateId: Output<string>): Record<keyof BuildOutputs, Output<unknown>> {
  const { imageId, imageName, digest, imagesByRegion } = image
  return { imageId, imageName, digest, imagesByRegion, candidateId }
}
