import { parseArgs } from 'node:util'
import { bakePolicy } from './policy.ts'

// `npm run aws:policy -- --family linux-base --partition aws-us-gov`: the document, for aws iam create-policy --policy-document.
const { values } = parseArgs({ options: { family: { type: 'string' }, partition: { type: 'string', default: 'aws' } } })
process.stdout.write(`${JSON.stringify(bakePolicy(values), undefined, 2)}\n`)
