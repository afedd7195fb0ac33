import type { ErrorClass } from '../adapter.ts'

/** What a NAS says with Error-Cause (RFC 5176 §3.5), and what an operator does about it. */
interface Meaning {
  readonly name: string
  /** `gone`: there is no such session, which is what was wanted. */
  readonly means: ErrorClass | 'gone'
  readonly advice?: string
}

const IDENTIFY = 'see identify of the NAS, which says what it is shown of a session'

const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [201, { name: 'Residual Session Context Removed', means: 'gone' }],
  [202, { name: 'Invalid EAP Packet', means: 'rejected' }],
  [401, { name: 'Unsupported Attribute', means: 'unsupported', advice: IDENTIFY }],
  [402, { name: 'Missing Attribute', means: 'rejected', advice: IDENTIFY }],
  [403, { name: 'NAS Identification Mismatch', means: 'rejected', advice: 'is its identifier right?' }],
  [404, { name: 'Invalid Request', means: 'rejected' }],
  [405, { name: 'Unsupported Service', means: 'unsupported' }],
  [406, { name: 'Unsupported Extension', means: 'unsupported', advice: 'does it do RFC 5176 at all?' }],
  [407, { name: 'Invalid Attribute Value', means: 'rejected' }],
  [501, { name: 'Administratively Prohibited', means: 'auth', advice: 'it does not let us do that' }],
  [502, { name: 'Request Not Routable', means: 'unreachable', advice: 'a proxy does not know the way' }],
  [503, { name: 'Session Context Not Found', means: 'gone' }],
  [504, { name: 'Session Context Not Removable', means: 'rejected' }],
  [505, { name: 'Other Proxy Processing Error', means: 'unreachable' }],
  [506, { name: 'Resources Unavailable', means: 'busy' }],
  [507, { name: 'Request Initiated', means: 'busy', advice: 'it goes on by itself' }],
  [508, { name: 'Multiple Session Selection Unsupported', means: 'unsupported', advice: IDENTIFY }],
  [601, { name: 'Location-Info-Required', means: 'rejected' }],
  [602, { name: 'Response Too Big', means: 'rejected' }],
])

/** @param cause undefined where a refusal says none */
export function meaningOf(cause: number | undefined): {
  readonly means: Meaning['means']
  readonly words: string
} {
  if (cause === undefined) return { means: 'rejected', words: 'it refuses and does not say why' }
  const { name, means, advice } = MEANINGS.get(cause) ?? {
    name: 'an unknown cause',
    means: 'rejected' as const,
  }
  return { means, words: `${cause} ${name}${advice === undefined ? '' : `; ${advice}`}` }
}
