/** Which hosts are blocked: outside ones, whose traffic is filtered, or own ones, to which traffic is discarded. */
export type Hosts = 'outside' | 'own'

const WORDS =
  'Scans of the dormitory network seen by the collector and confirmed by the operator on duty, see the ticket'

/** The body of a block of its own host; reasons are 20 to 100 bytes long and no two are alike. */
export function blockBody(index: number, hosts: Hosts, end = '"duration":"24h"'): string {
  const reason = `${index} ${WORDS}`.slice(0, 20 + ((index * 7) % 81))
  const direction = hosts === 'own' ? ',"direction":"to"' : ''
  return `{"target":"${hostAddress(index, hosts)}"${direction},"reason":"${reason}","ticket":"RT#4711",${end}}`
}

export function hostAddress(index: number, hosts: Hosts): string {
  const net = hosts === 'own' ? 10 : 45
  return `${net}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
}

export function batchBody(first: number, count: number, hosts: Hosts, end?: string): string {
  const blocks = Array.from({ length: count }, (_, index) => blockBody(first + index, hosts, end))
  return `{"blocks":[${blocks.join(',')}]}`
}

/** Detections of floods toward own hosts, each an incident of its own. */
export function triggersBody(first: number, count: number): string {
  const triggers = Array.from({ length: count }, (_, index) => {
    const target = hostAddress(first + index, 'own')
    const what = '"kind":"open","role":"victim","category":"other","detectedAt":"2026-01-01T00:00:00Z"'
    const traffic = '"packetsPerSecond":900000,"bitsPerSecond":4000000000,"labels":{"attackType":"udp flood"}'
    return `{"id":"flood-${first + index}","revision":1,${what},"target":"${target}",${traffic}}`
  })
  return `{"triggers":[${triggers.join(',')}]}`
}

/** The header lines of a request with a body; `key` left out where the route wants none. */
export function headLines(token: string, key?: string): string {
  const idempotency = key === undefined ? '' : `idempotency-key: ${key}\r\n`
  return `authorization: Bearer ${token}\r\ncontent-type: application/json\r\n${idempotency}`
}
