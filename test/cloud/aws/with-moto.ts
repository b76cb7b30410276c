import { afterAll, beforeAll } from 'vitest'
import { type Gateway, startGateway } from '../../aws/gateway.ts'
import { makeKeys } from '../../aws/make-keys.ts'
import { type Moto, motoEnvironment, startMoto } from '../../aws/moto.ts'

/** Starts an EC2 API server for the tests of a file, and sets the environment for it. */
export function withMoto(): { readonly gateway: Gateway } {
  let moto: Moto
  const state = {} as { gateway: Gateway }
  beforeAll(async () => {
    moto = await startMoto(process.env.MOTO_LOG)
    state.gateway = await startGateway(moto.url)
    Object.assign(process.env, motoEnvironment(state.gateway.url))
    await makeKeys(moto.url, ['eu-central-1', 'eu-west-1'])
  })
  afterAll(async () => {
    await state.gateway[Symbol.asyncDispose]()
    await moto[Symbol.asyncDispose]()
  })
  return state
}
