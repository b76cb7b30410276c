import { bakePolicy } from './policy.ts'

// `npm run aws:policy` prints the policy, for `aws iam create-policy --policy-document`.
process.stdout.write(`${JSON.stringify(bakePolicy(), undefined, 2)}\n`)
