import type { Action } from '../../src/domain/rule.ts'
import type { ExabgpConfig } from './config.ts'

/** Of a documentation AS (RFC 5398), so that nobody acts on it. */
const ORDER = '64496:911'

/**
 * Actions (RFC 8955 §7) in ExaBGP's words, and back. A place is a route target (§7.4) of the configuration: the one
 * form of it that ExaBGP writes and routers read alike.
 */
export class FlowActions {
  readonly #targets: ReadonlyMap<string, string>
  readonly #names: ReadonlyMap<string, string>

  constructor({ places = {} }: Pick<ExabgpConfig, 'places'>) {
    const targets = Object.entries(places).map(([name, { routeTarget }]) => [name, routeTarget] as const)
    this.#targets = new Map(targets)
    this.#names = new Map(targets.map(([name, target]) => [target, name]))
  }

  /** `discard;`, `rate-limit 125000;`, `redirect 65010:100;`, `mark 8;`. @throws Error for an unknown place */
  text(action: Action): string {
    switch (action.do) {
      case 'drop':
        return 'discard;'
      case 'rate-limit':
        return `rate-limit ${action.bytesPerSecond};`
      case 'redirect':
        return `redirect ${this.#target(action.to)};`
      case 'mark':
        return `mark ${action.dscp};`
      case 'suspend':
      case 'quarantine':
        throw new Error(`no route can ${action.do}`)
    }
  }

  knows(action: Action): boolean {
    if (action.do === 'suspend' || action.do === 'quarantine') return false
    return action.do !== 'redirect' || this.#targets.has(action.to)
  }

  /** Reads the action back from {@link flowThen}; `undefined` when it is another text, or of a former place. */
  read(then: string): Action | undefined {
    const [, verb, value = ''] = /^(discard|rate-limit|redirect|mark)(?: ([\d:]{1,24}))?;/.exec(then) ?? []
    switch (verb) {
      case 'discard':
        return { do: 'drop' }
      case 'rate-limit':
        return { do: 'rate-limit', bytesPerSecond: Number(value) }
      case 'mark':
        return { do: 'mark', dscp: Number(value) }
      default: {
        const to = this.#names.get(value)
        return to === undefined ? undefined : { do: 'redirect', to }
      }
    }
  }

  #target(place: string): string {
    const target = this.#targets.get(place)
    if (target === undefined) throw new Error(`the place ${place} is not configured`)
    return target
  }
}

/**
 * What happens to matched packets, with the communities of the route: `discard; community [ 65010:911 ];`.
 * @param action as {@link FlowActions} writes it
 * @param order a number that no other pending change has, where the order of changes matters
 */
export function flowThen(action: string, communities: readonly string[], order?: number): string {
  const all = order === undefined ? communities : [...communities, `${ORDER}:${order}`]
  const standard = all.filter((text) => text.split(':').length === 2)
  const large = all.filter((text) => text.split(':').length === 3)
  return [
    action,
    ...(standard.length === 0 ? [] : [`community [ ${standard.join(' ')} ];`]),
    ...(large.length === 0 ? [] : [`large-community [ ${large.join(' ')} ];`]),
  ].join(' ')
}

/** {@link flowThen} without what only serves the order. */
export function plainThen(then: string): string {
  return then.replace(new RegExp(` large-community \\[ ${ORDER}:\\d+ \\];| ${ORDER}:\\d+`), '')
}
