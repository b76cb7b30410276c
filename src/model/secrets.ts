/** A family's secrets, read now. Never written, never printed. */
export interface FamilySecrets {
  readonly variables: Readonly<Record<string, string>>
  readonly vaultPassword: string | undefined
}
