import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import type { Ran, Terminal } from '../helpers/cordon-child.ts'
import { noNetns } from '../helpers/netns.ts'
import { DESK, IncidentSite, ITSS, type Letter } from './incident-site.ts'
import { Tally } from './tally.ts'

/** Says what people saw, for whoever runs it. */
const SHOW = process.env['CORDON_SHOW'] === '1'
const ROUNDS = Number(process.env['CORDON_ROUNDS'] ?? 1)
/** For figures: a file to which they are appended. */
const TABLE = process.env['CORDON_TABLE']
/** Sending that came to nothing for so long has not merely been held up. */
const FOR_GOOD = 250

describe('an incident, from its detection until packets flow again', {
  skip: noNetns('sysctl', 'nft', 'python3'),
}, () => {
  let site: IncidentSite
  let itss: Terminal
  let analyst: Terminal
  const tally = new Tally()

  before(async () => {
    site = await IncidentSite.raise()
    itss = await site.person('Ines', ['itss'], ['physics'])
    analyst = await site.person('Ann', ['analyst'])
  })
  after(async () => {
    await site?.dispose()
    if (TABLE !== undefined) tally.appendTo(TABLE)
  })

  /** What a command says on standard output. */
  async function says(who: Terminal, ...line: readonly string[]): Promise<string> {
    return ok(line, await who.run(line))
  }

  async function detect(): Promise<number> {
    const { items } = await (await site.detector()).ask<{ items: { deed: string; block: { id: number } }[] }>(
      'POST',
      '/v1/triggers',
      {
        body: {
          triggers: [
            {
              ...{ id: 'f-1', revision: 1, kind: 'open', target: site.address, role: 'offender' },
              ...{
                category: 'dos.volumetric',
                evidence: 'established',
                confidence: 1,
                packetsPerSecond: 250_000,
              },
              detectedAt: new Date().toISOString(),
            },
          ],
        },
      },
    )
    assert.equal(items[0]?.deed, 'began', JSON.stringify(items))
    return items[0].block.id
  }

  /** As a mail server hands over what IT support has answered. @returns what the controller's pipe said */
  async function answer({ id, subject, references, text }: Letter, words: string): Promise<string> {
    const quoted = text.split('\n').map((line) => `> ${line}`)
    const mail = [
      ...[`From: Ines <${ITSS}>`, 'To: Cordon CSIRT <csirt@uni.example>', `Subject: Re: ${subject}`],
      ...[
        'Message-ID: <answer-1@physics.example>',
        `In-Reply-To: <${id}>`,
        `References: ${references} <${id}>`,
      ],
      ...['Content-Type: text/plain; charset=utf-8', '', words, ''],
      ...['On Mon, 23 Nov 2026 at 11:05, Cordon CSIRT <csirt@uni.example> wrote:', ...quoted],
    ]
    const line = ['mail-in', '--defer']
    const ran = await (await site.machine('mailer')).run(line, mail.join('\r\n'))
    ok(line, ran)
    return ran.stderr
  }

  /** The whole of it, once the router's last word is in it. */
  async function history(block: number): Promise<string> {
    let text = ''
    const whole = eventually('the history to be whole', 30_000, async () => {
      text = await says(itss, 'show', String(block), '--history')
      return ['gone on core', 'counted'].every((word) => text.includes(word))
    })
    await whole.catch((error: unknown) => assert.fail(`${String(error)}\n${text}`))
    return text.slice(text.indexOf('\nhistory\n') + 1)
  }

  test('is told, asked about, denied, answered by mail, granted, and stands in one history', async (t) => {
    const begun = site.host.mark()
    const block = await detect()
    const { lastThrough } = await site.host.stopped('physics', { after: begun, quietMs: FOR_GOOD })

    const hits = await says(itss, 'hits', String(block))
    assert.match(hits, /\b[1-9]\d* packets/, 'the router counts what it drops')
    const told = await site.mail(ITSS, new RegExp(`^\\[Cordon#${block}\\] .* is blocked$`))
    assert.match(told.text, /^> it attacks somebody with all it has/m)
    assert.match(told.text, /^Advice: Clean a host that somebody else controls$/m)
    assert.match(told.text, new RegExp(`^cordon requests file ${block}$`, 'm'))

    const library = await says(
      analyst,
      'block',
      '10.8.4.9',
      '--reason',
      'scans',
      '--for',
      '1h',
      '--yes',
      '-o',
      'name',
    )
    assert.equal(await says(itss, 'blocks', '-o', 'name'), `Cordon#${block}\n`)
    assert.match(await says(itss, 'show', String(block)), /standing +in-force/)
    const other = await itss.run(['show', library.trim()])
    assert.deepEqual([other.exit, other.stdout], [1, ''], 'what is not theirs is not there')
    assert.match(other.stderr, /there is no block \d+/)

    const named = await says(itss, 'requests', 'file', String(block), 'Reinstalled.', '-o', 'name')
    const request = named.trim().replace('Cordon#', '')
    assert.match((await site.mail(DESK, new RegExp(`^\\[Cordon#${request}\\] `))).text, /^> Reinstalled\.$/m)
    await says(analyst, 'requests', 'take', request)
    await says(analyst, 'requests', 'deny', request, 'It still sends.', '--action', 'change all passwords')
    const denied = await site.mail(ITSS, /stays for now/)
    assert.match(denied.text, /^1\. change all passwords$/m)
    assert.equal(denied.references, told.references, 'it stands in the thread of the block')

    assert.match(await answer(denied, 'All passwords are new.'), /request\.reopened/)
    const again = await site.mail(DESK, /has opened its request again/)
    assert.match(again.text, /^> All passwords are new\.$/m)
    assert.doesNotMatch(again.text, /still to be done/, 'nothing from the marker on is theirs')

    const waiting = site.host.gaps('physics')
    assert.equal((await site.host.stopped('physics', { after: 0 })).lastThrough.seq, lastThrough.seq)
    const freed = site.host.mark()
    await says(analyst, 'requests', 'grant', request, 'Thank you.')
    const { firstBack } = await site.host.resumed('physics', { after: freed })
    assert.ok(firstBack.seq - lastThrough.seq > waiting.missing, 'all that was sent meanwhile is lost')
    await site.mail(ITSS, /^\[Cordon#\d+\] The block is lifted$/)
    await site.mail(ITSS, new RegExp(`^\\[Cordon#${block}\\] .* is no longer blocked$`))
    for (const { missing, droppedByReceiver } of site.nextDoor.neighbourGaps())
      assert.ok(missing <= droppedByReceiver, `the host next door lost ${missing} packets`)

    const text = await history(block)
    if (SHOW) {
      t.diagnostic(`${firstBack.seq - lastThrough.seq} packets were lost, and none of the host next door`)
      for (const line of text.split('\n')) t.diagnostic(line)
    }
    inOrder(text, [
      /created by a trigger .* policy outbound-dos\/whole-host/,
      /message \d+ to itss:physics: .* is blocked"/,
      /Ines \(the department\) asked; due/,
      /Ann \(the security team\) sees to it/,
      /Ann \(the security team\) denied it\n.*It still sends\.\n.*\[ \] change all passwords/,
      /message \d+ to itss:physics about .* The block stays for now"/,
      /\(the department, by mail from it@physics\.example\) opened it again; due .*\n.*All passwords are new\./,
      /a mail came in about .* was taken \(request\.reopened\)/,
      /message \d+ to desk about .* physics has opened its request again"/,
      /Ann \(the security team\) granted it\n.*Thank you\./,
      /released by Ann .* was granted/,
      /message \d+ to itss:physics about .* The block is lifted"/,
    ])
    // Two mails about one thing may go either way round.
    inOrder(text, [/released by Ann/, /message \d+ to itss:physics: .* is no longer blocked"/])
    inOrder(text, [/in-force on core/, /gone on core/, /counted [1-9]\d* packets/])
  })

  test(`a host that is given back is reachable again, ${ROUNDS} times`, async () => {
    const { client } = site.controller
    for (let round = 0; round < ROUNDS; round += 1) {
      const begun = site.host.mark()
      const wanted = { target: site.address, direction: 'from', duration: '1h' } as const
      const { id } = await client.block(wanted, 10)
      await site.host.stopped('physics', { after: begun })
      const body = { block: id, text: 'reinstalled' }
      const request = await client.ask<{ id: number }>('POST', '/v1/requests', { body })
      const freed = site.host.mark()
      await client.ask('POST', `/v1/requests/${request.id}:grant`, { body: {} })
      const { firstBack } = await site.host.resumed('physics', { after: freed })
      tally.note('grant to first packet', firstBack.receivedAt - freed)
    }
  })
})

function ok(line: readonly string[], { exit, stdout, stderr }: Ran): string {
  assert.equal(exit, 0, `cordon ${line.join(' ')}: ${stderr}${stdout}`)
  return stdout
}

/** Each behind the one before. */
function inOrder(text: string, all: readonly RegExp[]): void {
  let from = 0
  for (const one of all) {
    const found = one.exec(text.slice(from))
    assert.ok(found !== null, `${one} does not follow in\n${text}`)
    from += found.index + found[0].length
  }
}
