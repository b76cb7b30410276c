import { ComponentResource } from '@pulumi/pulumi'
import { attachmentResource } from '../engine/state.ts'

/** Stores a text with the stack of the program, apart from its outputs. */
export class Attachment extends ComponentResource {
  constructor(text: string) {
    super(attachmentResource.type, attachmentResource.name)
    this.registerOutputs({ [attachmentResource.output]: text })
  }
}
