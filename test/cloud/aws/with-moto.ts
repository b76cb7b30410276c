import { afterAll, beforeAll } from 'vitest'
import { type Gateway, startGateway } from '../../aws/gateway.ts'
import { type Moto, motoEnvironment, startMoto } from '../../aws/moto.ts'

/** An EC2 API server for the tests of one file, with the environment that leads to it. */
export function withMoto(): { readonly gateway: Gateway } {
  let moto: Moto
  const state = {} as { gateway: Gateway }
  beforeAll(async () => {
    moto = await startMoto(process.env.MOTO_LOG)
    state.gateway = await startGateway(moto.url)
    Object.assign(process.env, motoEnvironment(state.gateway.url))
  }, 300_000)
  afterAll(async () => {
    await state.gateway[Symbol.asyncDispose]()
    await moto[Symbol.asyncDispose]()
  })
  return state
}
