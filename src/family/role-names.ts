import { parseAllDocuments } from 'yaml'

const inclusion = /(^|\.)(import|include)_role$/

/**
 * The names of the roles that a YAML file of Ansible uses: those of a play, of a task that includes a role, and of the dependencies of a
 * role. Undefined for a role whose name is known only when Ansible runs, for example because it is a template.
 */
export function findRoleNames(text: string): readonly (string | undefined)[] {
  if (!/\b(roles|dependencies|import_role|include_role)\b/.test(text)) return []
  const documents = parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false })
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return [undefined]
  return documents.flatMap((document) => namesIn(document.toJS({ maxAliasCount: -1 })))
}

function namesIn(value: unknown): (string | undefined)[] {
  if (Array.isArray(value)) return value.flatMap(namesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if ((key === 'roles' || key === 'dependencies') && Array.isArray(inner)) return [...inner.map(nameOf), ...namesIn(inner)]
    if (inclusion.test(key)) return [nameOf(inner), ...namesIn(inner)]
    // The old form `action: include_role name=web`.
    const isOldForm = typeof inner === 'string' && /\b(import|include)_role\b/.test(inner) && /action$/.test(key)
    return isOldForm ? [undefined] : namesIn(inner)
  })
}

/** The name in `web`, `{role: web}`, `{name: web}` or `name=web`. */
function nameOf(role: unknown): string | undefined {
  const { role: named, name } = (role ?? {}) as { readonly role?: unknown; readonly name?: unknown }
  const found = typeof role === 'string' ? (role.includes('=') ? /\b(?:name|role)=(\S+)/.exec(role)?.[1] : role) : (named ?? name)
  return typeof found === 'string' && !found.includes('{{') ? found : undefined
}
