import { Counter, Gauge, type Registry } from 'prom-client'
import type { App } from '../app/context.ts'
import type { Beside } from './beside.ts'

/** What people and webhooks are told, by the way on which it goes out. */
export function watchMessages(app: App, beside: Beside, registry: Registry): void {
  watchWaiting(app, beside, registry)
  watchTries(beside, registry)
}

function watchWaiting({ ledger }: App, { standings }: Beside, registry: Registry): void {
  new Gauge({
    name: 'cordon_messages',
    help: 'Messages that wait to be sent, and those that are not tried any more (dead).',
    labelNames: ['by', 'state'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { by } of standings()) for (const state of ['waiting', 'dead']) this.set({ by, state }, 0)
      // What is for a webhook that is not configured any more counts as well.
      for (const { by, dead } of ledger.head.messages.values())
        this.inc({ by, state: dead === undefined ? 'waiting' : 'dead' })
    },
  })
  new Gauge({
    name: 'cordon_notices_pending',
    help: 'What receivers are to be told and what is not yet written down as a message.',
    registers: [registry],
    collect() {
      let count = 0
      for (const notices of ledger.head.pending.values()) count += notices.length
      this.set(count)
    },
  })
}

function watchTries({ standings }: Beside, registry: Registry): void {
  new Gauge({
    name: 'cordon_messages_stuck',
    help: 'Whether messages wait and nothing goes out at present.',
    labelNames: ['by'],
    registers: [registry],
    collect() {
      for (const { by, stuck } of standings()) this.set({ by }, stuck ? 1 : 0)
    },
  })
  new Counter({
    name: 'cordon_message_tries_total',
    help: 'Tries to send a message since the start: sent, refused for good, or why it is tried again.',
    labelNames: ['by', 'outcome'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { by, tries } of standings())
        for (const [outcome, count] of tries) this.inc({ by, outcome }, count)
    },
  })
  new Gauge({
    name: 'cordon_message_last_sent_timestamp_seconds',
    help: 'When a message was taken on last, since the start.',
    labelNames: ['by'],
    registers: [registry],
    collect() {
      for (const { by, sentAt } of standings()) if (sentAt !== undefined) this.set({ by }, sentAt / 1_000)
    },
  })
}
