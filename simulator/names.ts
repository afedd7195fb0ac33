/**
 * Every name that a lab leaves on the machine starts with the lab's own, and a dot (which no lab or node name
 * has) ends it: lab `a` never takes lab `a-b` for its own.
 */
const PREFIX = 'cordon'

export function checkLabName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,23}$/.test(name)) return name
  throw new RangeError(`"${name}" is no name for a lab: small letters, digits and dashes, at most 24`)
}

/** The name of a node's network namespace, and of its container. */
export function namespaceName(lab: string, node: string): string {
  return `${PREFIX}.${lab}.${node}`
}

export function isNamespaceOf(lab: string, namespace: string): boolean {
  return namespace.startsWith(`${PREFIX}.${lab}.`)
}
