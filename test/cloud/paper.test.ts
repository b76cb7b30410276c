import { testCloud } from './conformance.ts'
import { paper } from './paper/descriptor.ts'

testCloud(paper, 'test/cloud/paper/descriptor.ts')
