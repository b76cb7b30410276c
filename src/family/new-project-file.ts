/** A `bakehouse.yaml` that sets nothing yet. */
export function newProjectFile(): string {
  return `# yaml-language-server: $schema=node_modules/bakehouse/schema/project.schema.json
# Settings that all families of this project share. Environment variables have precedence. To print them: npx bakehouse config
#
# The state of builds that other computers read:
# backend: s3://my-state
# secretsProvider: awskms://alias/bakehouse
#
# Settings of families, unless their family.yaml sets them:
# defaults:
#   cloud: aws
#   aws: { regions: { eu-central-1: {}, eu-west-1: {} } }
`
}
