import type { Ban } from '../../triggers/crowdsec.ts'

/** The bans that a CrowdSec has on, by the incident that they are of. */
export class BanBook {
  readonly #bans = new Map<string, Map<number, Ban>>()

  get incidents(): Iterable<string> {
    return this.#bans.keys()
  }

  has(incident: string): boolean {
    return this.#bans.has(incident)
  }

  put(ban: Ban): void {
    const bans = this.#bans.get(ban.incident) ?? new Map<number, Ban>()
    this.#bans.set(ban.incident, bans.set(ban.decision, ban))
  }

  drop({ incident, decision }: Pick<Ban, 'incident' | 'decision'>): void {
    const bans = this.#bans.get(incident)
    bans?.delete(decision)
    if (bans?.size === 0) this.#bans.delete(incident)
  }

  /** The one that ends last, of those that have not ended. */
  longest(incident: string, now: number): Ban | undefined {
    let longest: Ban | undefined
    for (const ban of this.#bans.get(incident)?.values() ?? [])
      if (ban.ends > now && ban.ends > (longest?.ends ?? 0)) longest = ban
    return longest
  }

  /** Drops what ended before then, though nobody has said so. @returns the incidents that it was of */
  forget(before: number): string[] {
    const touched: string[] = []
    for (const bans of this.#bans.values())
      for (const ban of bans.values())
        if (ban.ends < before) {
          this.drop(ban)
          touched.push(ban.incident)
        }
    return touched
  }
}
