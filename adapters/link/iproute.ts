import type { SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import type { Panel, Position, Sight } from '../switching/panel.ts'
import { ask } from '../transport/ask.ts'

/** Above this many, one listing of all interfaces costs less than a question for each. */
const FEW = 3

/** The interfaces of a network namespace, as iproute2 tells and turns them: up or down by administration. */
export class LinkPanel implements Panel {
  readonly #place: readonly string[]

  /** @param namespace the one that this process is in when left out */
  constructor(namespace: string | undefined) {
    this.#place = namespace === undefined ? [] : ['-n', namespace]
  }

  async read(rules: readonly SwitchRule[], signal: AbortSignal): Promise<ReadonlyMap<string, Sight>> {
    if (rules.length === 0) return new Map()
    const listed = rules.length > FEW ? positions(await this.#ip(['-j', 'link', 'show'], signal)) : undefined
    const sights = new Map<string, Sight>()
    for (const rule of rules)
      sights.set(rule.key, listed?.get(rule.name) ?? (await this.#one(rule.name, signal)))
    return sights
  }

  async turn({ name }: SwitchRule, to: Position, signal: AbortSignal): Promise<void> {
    await this.#ip(['link', 'set', 'dev', name, to], signal)
  }

  async #one(name: string, signal: AbortSignal): Promise<Sight> {
    try {
      const listed = positions(await this.#ip(['-j', 'link', 'show', 'dev', name], signal))
      // Another name of the interface (altname) would be found, and listed under its first.
      return (
        listed.get(name) ?? {
          absent: `${name} is another name of ${[...listed.keys()].join(', ')}; use that`,
        }
      )
    } catch (error) {
      if (error instanceof AdapterError && isNoDevice(error.message)) return { absent: error.message }
      throw error
    }
  }

  async #ip(words: readonly string[], signal: AbortSignal): Promise<string> {
    try {
      return await ask('ip', [...this.#place, ...words], signal)
    } catch (error) {
      throw signal.aborted
        ? new AdapterError('timeout', 'the call was given up')
        : linkError(error instanceof Error ? error.message : String(error))
    }
  }
}

/** Whether each interface of a listing is up by administration, whatever its carrier. @throws AdapterError */
function positions(text: string): ReadonlyMap<string, Position> {
  const found = new Map<string, Position>()
  for (const link of linksIn(text)) {
    const { ifname, flags } = link as { ifname?: unknown; flags?: unknown }
    if (typeof ifname === 'string' && Array.isArray(flags))
      found.set(ifname, flags.includes('UP') ? 'up' : 'down')
  }
  return found
}

function linksIn(text: string): readonly object[] {
  const parsed: unknown = text.trim() === '' ? [] : JSON.parse(text)
  if (!Array.isArray(parsed)) throw new AdapterError('rejected', 'ip did not list its interfaces as JSON')
  return parsed.filter((link: unknown): link is object => typeof link === 'object' && link !== null)
}

function isNoDevice(words: string): boolean {
  return /does not exist|Cannot find device/.test(words)
}

/** What an operator must do about ip's words. */
export function linkError(words: string): AdapterError {
  if (/there is no program/.test(words))
    return new AdapterError('unreachable', 'ip (iproute2) is not installed', 'binary-missing')
  if (/Cannot open network namespace|setting the network namespace/.test(words))
    return new AdapterError('unreachable', words, 'namespace-missing')
  if (/[Oo]peration not permitted|Permission denied/.test(words)) return new AdapterError('auth', words)
  if (/took too long/.test(words)) return new AdapterError('timeout', words)
  return new AdapterError('rejected', words)
}
