import { mustRun, runCommand } from '../command.ts'

/** Interfaces that a configuration shuts, and opens again with what the kernel takes from one that is down. */
export class Links {
  readonly #enter: readonly string[]
  /** what was lost with each: routes that an operator or the raiser had put there */
  readonly #shut = new Map<string, readonly string[]>()

  constructor(enter: readonly string[]) {
    this.#enter = enter
  }

  /** Exactly these are to be down; those that the kernel does not have are left out. */
  async shut(names: readonly string[]): Promise<void> {
    for (const name of names) if (!this.#shut.has(name) && (await this.#exists(name))) await this.#down(name)
    for (const name of [...this.#shut.keys()]) if (!names.includes(name)) await this.#up(name)
  }

  async #exists(name: string): Promise<boolean> {
    return (await runCommand([...this.#enter, 'ip', 'link', 'show', 'dev', name])).code === 0
  }

  async #down(name: string): Promise<void> {
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
    await mustRun([...this.#enter, 'sysctl', '-qw', `net/ipv6/conf/${name}/keep_addr_on_down=1`])
    await this.#ip('link', 'set', 'dev', name, 'down')
    this.#shut.set(name, routes)
  }

  async #up(name: string): Promise<void> {
    await this.#ip('link', 'set', 'dev', name, 'up')
    for (const route of this.#shut.get(name) ?? []) await this.#ip(...route.split(' '))
    this.#shut.delete(name)
  }

  async #ip(...words: string[]): Promise<string> {
    return await mustRun([...this.#enter, 'ip', ...words])
  }
}
