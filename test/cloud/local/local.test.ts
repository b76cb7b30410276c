import { local } from '../../../src/cloud/local/descriptor.ts'
import { testCloud } from '../conformance.ts'

testCloud(local)
