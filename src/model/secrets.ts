/** The values of a family's secrets. They are never written or printed. */
export interface FamilySecrets {
  readonly variables: Readonly<Record<string, string>>
  readonly vaultPassword: string | undefined
}
