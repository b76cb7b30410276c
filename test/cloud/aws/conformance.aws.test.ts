import { aws } from '../../../src/cloud/aws/descriptor.ts'
import { testCloud } from '../conformance.ts'
import { withMoto } from './with-moto.ts'

withMoto()
testCloud(aws)
