import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { eventually } from '../../simulator/eventually.ts'
import { startSmtpServer, type TestSmtpServer } from '../helpers/smtp-server.ts'
import type { Figure } from './figures.ts'
import { threeMemoryDevices } from './site.ts'
import { spreadOf } from './statistics.ts'
import { Subject } from './subject.ts'
import type { Bench } from './suite.ts'
import { machineOf } from './trigger.ts'

const DETECTIONS = 100
/** How often it is looked whether the mail has come, in milliseconds: so exact is the figure. */
const LOOK_EVERY = 1

/** From a detection that was answered to the mail about its block in the hands of the mail server. */
export async function told(bench: Bench): Promise<readonly Figure[]> {
  // A department each: the first mail to a receiver is what matters when something begins.
  const n = bench.count(DETECTIONS)
  const server = await startSmtpServer()
  let subject: Subject | undefined
  try {
    subject = await Subject.start(bench.program, siteOf(bench.folder, n, server))
    await subject.inSync(0)
    bench.say(`${n} detections, each of a department of its own`)
    const machine = await machineOf(subject)
    const took: number[] = []
    for (let department = 0; department < n; department += 1)
      took.push(await once(subject, machine, server, department))
    const spread = spreadOf(took)
    const note = 'a second of it is waited for what comes with it'
    return [{ name: 'told.mail', n, value: spread.p50, spread, note }]
  } finally {
    await subject?.end()
    await server.close()
  }
}

function siteOf(folder: string, departments: number, { port }: TestSmtpServer) {
  const policies = join(folder, 'policies')
  mkdirSync(policies, { recursive: true })
  writeFileSync(join(policies, 'flood.yaml'), stringify(POLICY))
  const site = threeMemoryDevices(join(folder, 'told'), {}, policies)
  const config = parse(readFileSync(site.config, 'utf8')) as { site: object }
  const each = Array.from({ length: departments }, (_, at) => at)
  Object.assign(config.site, {
    contacts: each.map((at) => ({ name: `it-${at}`, mail: mailOf(at) })),
    departments: each.map((at) => ({
      ...{ name: `department-${at}`, prefixes: [`10.1.${at}.0/24`], users: 200, itss: [`it-${at}`] },
    })),
  })
  const mail = { smtp: { host: '127.0.0.1', port, tls: 'none' }, from: 'csirt@uni.example' }
  writeFileSync(site.config, stringify({ ...config, mail }))
  return site
}

const POLICY = {
  ...{ policy: 'flood', about: 'every flood toward us', priority: 1, mode: 'enforce' },
  when: "trigger.role == 'victim' && target.own",
  rules: [
    {
      ...{ rule: 'all', verdict: 'block', why: 'a flood that is known by nothing but its victim' },
      block: { direction: 'to', lasts: '1h', most: '1d', onClose: { after: '10m' } },
    },
  ],
  examples: [
    {
      example: 'somebody else',
      trigger: { target: '10.0.0.1', role: 'offender', category: 'scan' },
      expect: { verdict: 'none' },
    },
  ],
}

function mailOf(department: number): string {
  return `it-${department}@uni.example`
}

interface Answered {
  readonly items: readonly { readonly deed: string }[]
}

/** @returns milliseconds between the answer to the trigger and the mail */
async function once(
  { controller }: Subject,
  machine: string,
  server: TestSmtpServer,
  department: number,
): Promise<number> {
  const trigger = {
    ...{ id: `flood-${department}`, revision: 1, kind: 'open', role: 'victim', category: 'other' },
    ...{ target: `10.1.${department}.7`, detectedAt: new Date().toISOString() },
  }
  const headers = { authorization: `Bearer ${machine}` }
  const body = { triggers: [trigger] }
  const { items } = await controller.client.ask<Answered>('POST', '/v1/triggers', { body, headers })
  const answered = performance.now()
  if (items[0]?.deed !== 'began') throw new Error(`no block came of it: ${JSON.stringify(items)}`)
  const to = mailOf(department)
  const isThere = () => server.mails.some((mail) => mail.to.includes(to))
  await eventually('the mail', 30_000, isThere, LOOK_EVERY)
  return performance.now() - answered
}
