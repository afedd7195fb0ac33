import type { Category } from '../domain/category.ts'
import { isAmplified, type Traffic } from './traffic.ts'

/** IDEA's classification, by as much of the dotted name as it takes to know. */
const CATEGORIES: ReadonlyMap<string, Category> = new Map([
  ['availability.dos', 'dos.volumetric'],
  ['availability.ddos', 'dos.volumetric'],
  ['recon.scanning', 'scan'],
  ['attempt.login', 'login.brute-force'],
  ['intrusion', 'host.compromised'],
  ['malware', 'host.malware'],
  ['abusive.spam', 'spam'],
  ['fraud.phishing', 'account.phished'],
])

/** Names of what runs over HTTP: a denial of service by it is one of the application. */
const APPLICATION = ['http', 'https']

/** The first of the record's categories that says more than `other`; of a denial of service also what traffic it is. */
export function categoryOf(
  names: readonly string[],
  sources: readonly Traffic[],
  all: readonly Traffic[],
): Category {
  const known = names.flatMap((name) => knownCategory(name.toLowerCase()) ?? [])
  const [first = 'other'] = known
  if (first !== 'dos.volumetric') return first
  if (sources.length > 0 && sources.every(isAmplified)) return 'dos.amplification'
  return all.some(({ protocols }) => protocols.some((name) => APPLICATION.includes(name.toLowerCase())))
    ? 'dos.application'
    : first
}

function knownCategory(name: string): Category | undefined {
  const parts = name.split('.')
  for (let length = parts.length; length > 0; length -= 1) {
    const found = CATEGORIES.get(parts.slice(0, length).join('.'))
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether one of these names is this, or a part of it, however it is written. */
export function isAmong(names: readonly string[], name: string): boolean {
  return names.some((one) => one.trim().toLowerCase().split('.')[0] === name.toLowerCase())
}
