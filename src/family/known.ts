import { listClouds } from '../cloud/clouds.ts'
import { listVerifiers } from '../verify/verifiers.ts'

// Awaited at import, so that the schema of a family is a value and not a promise. Only code that reads family files imports this.

/** Every cloud. */
export const clouds = await listClouds()

/** The additions of each cloud to the schema of a family. */
export const sections = await Promise.all(clouds.map(async (cloud) => ({ cloud, section: await cloud.section() })))

/** Every verifier. */
export const verifiers = await listVerifiers()
