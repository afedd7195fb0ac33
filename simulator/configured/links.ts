import { mustRun, runCommand } from '../command.ts'

/** What was lost with each interface that is shut: routes that an operator or the raiser had put there, for `ip`. */
export type Lost = Readonly<Record<string, readonly string[]>>

/** Where that is written down before an interface is shut: the process may not live to open it. */
export interface LinkMemory {
  read(): Lost
  write(lost: Lost): void
}

/** Interfaces that a configuration shuts, and opens again with what the kernel takes from one that is down. */
export class Links {
  readonly #enter: readonly string[]
  readonly #memory: LinkMemory | undefined
  readonly #lost: Map<string, readonly string[]>
  readonly #down = new Set<string>()

  /** @param memory left out: nobody opens what this process has shut */
  constructor(enter: readonly string[], memory?: LinkMemory) {
    this.#enter = enter
    this.#memory = memory
    this.#lost = new Map(Object.entries(memory?.read() ?? {}))
  }

  /** Exactly these are to be down; those that the kernel does not have are left out. */
  async shut(names: readonly string[]): Promise<void> {
    for (const name of names) if (!this.#down.has(name) && (await this.#exists(name))) await this.#shut(name)
    for (const name of [...this.#lost.keys()]) if (!names.includes(name)) await this.#open(name)
  }

  async #exists(name: string): Promise<boolean> {
    return (await runCommand([...this.#enter, 'ip', 'link', 'show', 'dev', name])).code === 0
  }

  async #shut(name: string): Promise<void> {
    // a process before this one may have shut it, and its routes are gone
    if (!this.#lost.has(name)) this.#remember(name, await this.#routes(name))
    await mustRun([...this.#enter, 'sysctl', '-qw', `net/ipv6/conf/${name}/keep_addr_on_down=1`])
    await this.#ip('link', 'set', 'dev', name, 'down')
    this.#down.add(name)
  }

  async #open(name: string): Promise<void> {
    if (await this.#exists(name)) {
      await this.#ip('link', 'set', 'dev', name, 'up')
      for (const route of this.#lost.get(name) ?? []) await this.#ip(...route.split(' '))
    }
    this.#down.delete(name)
    this.#remember(name, undefined)
  }

  #remember(name: string, routes: readonly string[] | undefined): void {
    if (routes === undefined) this.#lost.delete(name)
    else this.#lost.set(name, routes)
    this.#memory?.write(Object.fromEntries(this.#lost))
  }

  async #routes(name: string): Promise<readonly string[]> {
    const routes: string[] = []
    for (const family of ['-4', '-6']) {
      const text = await this.#ip(family, 'route', 'show', 'dev', name)
      const lost = text.split('\n').filter((line) => line.trim() !== '' && !line.includes('proto kernel'))
      routes.push(
        ...lost.map(
          (line) => `${family} route replace ${line.replace(/ linkdown| pref \w+/g, '').trim()} dev ${name}`,
        ),
      )
    }
    return routes
  }

  async #ip(...words: string[]): Promise<string> {
    return await mustRun([...this.#enter, 'ip', ...words])
  }
}
