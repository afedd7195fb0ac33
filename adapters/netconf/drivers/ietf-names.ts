import type { Family } from '../../../src/domain/prefix.ts'

/** The model of RFC 8519, and YANG's own attributes (RFC 7950 §7.8.6). */
export const ACL = 'urn:ietf:params:xml:ns:yang:ietf-access-control-list'
export const YANG = 'urn:ietf:params:xml:ns:yang:1'

export const FAMILIES: readonly Family[] = [4, 6]
/** One access control list a family; the entry REST, which accepts, is the last of each. */
export const ACLS: Readonly<Record<Family, string>> = { 4: 'CORDON-4', 6: 'CORDON-6' }
export const REST = 'CORDON-REST'
