import { setTimeout as pause } from 'node:timers/promises'
import type { RouterControl } from '../../simulator/configured/control.ts'
import type { Fault } from '../../simulator/configured/faults.ts'
import { resetSession } from '../../simulator/faults.ts'
import { pick, type Random } from '../helpers/random.ts'
import type { RoutersSite } from '../helpers/routers-site.ts'
import { CONFIGURED, type Configured, LINUX } from './storm-routers.ts'

/** Something that goes wrong while blocks come in. */
export interface Trouble {
  readonly what: string
  readonly router: string
  /** Milliseconds after the storm's begin. */
  readonly at: number
  /** Whether the router may lose entries that it had. */
  readonly loses: boolean
  /** Resolves when it is over. */
  run(): Promise<void>
}

/** Milliseconds that a fault of this kind stays, where it would not end by itself. */
const SHORT = 300
const LONG = 2_500

interface Place {
  readonly router: Configured
  readonly control: RouterControl
  readonly random: Random
  /** What it may find itself with after a reboot. */
  readonly older: string
}

type Make = (place: Place) => () => Promise<void>

function armed(make: (random: Random) => Fault): Make {
  return ({ control, random }) => {
    const fault = make(random)
    const ms = between(random, SHORT, LONG)
    return async () => {
      await control.arm(fault)
      await pause(ms)
      await control.clear(fault.kind)
    }
  }
}

const REBOOT = 'reboot to an older configuration'

/** What can happen to a router that is configured. */
const KINDS: Readonly<Record<string, { readonly make: Make; readonly loses?: boolean }>> = {
  'false ok': { make: armed((random) => ({ kind: 'false-ok', times: between(random, 1, 4) })) },
  'false error': { make: armed((random) => ({ kind: 'false-error', times: between(random, 1, 4) })) },
  'reply lost': { make: armed((random) => ({ kind: 'lose-reply', times: between(random, 1, 3) })) },
  'cut at a byte': { make: armed((random) => ({ kind: 'cut-at', bytes: between(random, 0, 20_000) })) },
  stall: { make: armed(() => ({ kind: 'stall' })) },
  'slow commit': {
    make: armed((random) => ({ kind: 'slow-commit', ms: between(random, 50, 800), power: 0 })),
  },
  'late replies': { make: armed((random) => ({ kind: 'late-replies', ms: between(random, 20, 300) })) },
  'logins refused': {
    make: ({ control, random }) => {
      const ms = between(random, SHORT, LONG)
      return async () => {
        await control.arm({ kind: 'refuse-logins' })
        await control.cut()
        await pause(ms)
        await control.clear('refuse-logins')
      }
    },
  },
  'all connections cut': {
    make:
      ({ control }) =>
      () =>
        control.cut(),
  },
  'locked by a person': {
    make: ({ control, random }) => {
      const ms = between(random, SHORT, LONG)
      return async () => {
        await control.lock('ada')
        await pause(ms)
        await control.unlock()
      }
    },
  },
  [REBOOT]: {
    make: ({ control, random, older }) => {
      const ms = between(random, 100, 1_500)
      return () => control.reboot(older, ms)
    },
    loses: true,
  },
  'an entry removed by hand': {
    make:
      ({ control, router }) =>
      async () => {
        const entries = [...router.entries(await control.running())]
        const address = entries.map((entry) => /^from (11\.\S+)/.exec(entry)?.[1]).findLast(Boolean)
        if (address !== undefined) await control.edit(router.byHand('remove', { direction: 'from', address }))
      },
    loses: true,
  },
}

export interface Weather {
  readonly random: Random
  /** In milliseconds. */
  readonly lasts: number
  readonly troubles: number
  /** The configurations that routers may find themselves with after a reboot, by router. */
  readonly older: ReadonlyMap<string, string>
}

/** All that will go wrong, and when: the same for the same random numbers. */
export function troublesOf(site: RoutersSite, weather: Weather): Trouble[] {
  const { random, lasts, troubles } = weather
  const configured = Array.from({ length: troubles }, () => troubleOf(site, weather))
  const spoken = ['border-bird', 'border-flow'].map((router) => ({
    ...{ what: 'session reset', router, loses: true, at: between(random, 0, lasts - LONG) },
    run: () => resetSession(site.lab, router),
  }))
  const flushed = {
    ...{ what: 'table deleted by hand', router: LINUX, loses: true, at: between(random, 0, lasts - LONG) },
    run: async () => void (await site.lab.exec(LINUX, ['nft', 'delete', 'table', 'inet', 'cordon'])),
  }
  const all = [...configured, ...spoken, flushed].sort((a, b) => a.at - b.at)
  // Nothing is rebooted while it is being rebooted.
  return all.filter(
    (one, index) =>
      one.what !== REBOOT || all.findIndex((a) => a.what === REBOOT && a.router === one.router) === index,
  )
}

function troubleOf(site: RoutersSite, { random, lasts, older }: Weather): Trouble {
  const router = CONFIGURED[between(random, 0, CONFIGURED.length)]
  const kind = pick(random, Object.entries(KINDS))
  if (router === undefined || kind === undefined) throw new RangeError('nothing can go wrong')
  const [what, { make, loses = false }] = kind
  const { name } = router
  const place = { router, random, control: site.control(name), older: older.get(name) ?? '' }
  return { what, router: name, loses, at: between(random, 0, lasts - LONG), run: make(place) }
}

export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least))
}
