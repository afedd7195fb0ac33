import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { letterCheck } from '../notify/letters/check-letter.ts'
import { EXAMPLES, LETTER_NAMES } from '../notify/letters/letter-examples.ts'
import { type Letters, lettersOf, type RenderedLetter } from '../notify/letters/letters.ts'
import { readLetters } from './read-letters.ts'
import { ConfigError } from './yaml-file.ts'

const HOSTILE = [
  'ok\n\nSubject: forged\nThe block is lifted.',
  '{{ team.mail }} {% include "x" %} {% raw %}',
  '\u202eevil\u200b\u0000\u001b[2J\u2028Next: line',
  'x'.repeat(10_000),
  `${'many words '.repeat(900)}`,
]

/** The same data with this in place of what people wrote; advice is the site's own. */
function said(data: unknown, words: string): unknown {
  if (Array.isArray(data)) return data.map((one) => said(one, words))
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => {
      const isTheirs = ['reason', 'text', 'why', 'before', 'now', 'about'].includes(name)
      if (name === 'actions') return [name, (value as string[]).map(() => words)]
      if (name === 'advice') return [name, value]
      return [name, isTheirs && typeof value === 'string' ? words : said(value, words)]
    }),
  )
}

describe('the shipped templates', () => {
  let letters: Letters
  before(async () => {
    letters = lettersOf((await readLetters()).sources)
  })

  const each = (check: (letter: RenderedLetter, of: string) => void, change = (data: unknown) => data) => {
    for (const name of LETTER_NAMES)
      for (const [index, data] of EXAMPLES[name].entries())
        check(letters.write(name, change(data) as never), `${name} ${index}`)
  }

  it('take no name that is not there, in any branch', async () => {
    const check = letterCheck()
    const { sources } = await readLetters()
    for (const name of LETTER_NAMES) assert.deepEqual(check(name, sources[name]), [], name)
  })

  it('make a mail of whole and of bare data, in plain short lines', () => {
    each(({ subject, text }, of) => {
      assert.match(subject, /^\S.*\S$/u, of)
      assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'), of)
      for (const line of text.split('\n')) {
        assert.ok(line.length <= 76, `${of}: ${line}`)
        assert.equal(line, line.trimEnd(), of)
      }
      assert.doesNotMatch(text, /\n\n\n|null|undefined|\[object|\{[{%]|<[a-z]/, of)
    })
  })

  it('keep what people write in quotation marks or in a line, whatever it is', () => {
    for (const words of HOSTILE)
      each(
        ({ subject, text }, of) => {
          assert.ok([...subject].length <= 160, of)
          assert.doesNotMatch(`${subject}\n${text}`, /[^\P{C}\n]/u, of)
          assert.doesNotMatch(text, /^(Subject: forged|The block is lifted\.|Next: line)/m, of)
          for (const line of text.split('\n')) assert.ok(line.length <= 76, `${of}: ${line}`)
        },
        (data) => said(data, words),
      )
    const { text } = letters.write('block-began', said(EXAMPLES['block-began'][0], HOSTILE[1] ?? '') as never)
    assert.ok(text.includes('> {{ team.mail }} {% include "x" %} {% raw %}'), text)
  })

  it('lose nothing of a long text', () => {
    const [, , , long = '', words = ''] = HOSTILE
    for (const one of [long, words]) {
      const { text } = letters.write('request-said', said(EXAMPLES['request-said'][0], one) as never)
      const quotation = text.split('\n').filter((line) => line.startsWith('> '))
      const whole = quotation.map((line) => line.slice(2)).join('')
      assert.equal(whole.replaceAll(' ', ''), one.replaceAll(' ', ''))
    }
  })

  it('tell a department of a block what it needs', () => {
    const { subject, text } = letters.write('block-began', EXAMPLES['block-began'][0] as never)
    assert.equal(subject, '192.0.2.7/32 is blocked')
    for (const words of [
      'Block: Cordon#1042',
      'Host: lab-7.physics.example.org',
      'Until: Tue 24 Nov 2026 14:00 GMT',
      '> takes orders from 203.0.113.66',
      '1. Install it anew.',
      'released on Fri 20 Nov 2026 14:00 GMT (Cordon#12)',
      'answer this mail',
      'security@example.org',
    ])
      assert.ok(text.includes(words), `${words} in ${text}`)
    const bare = letters.write('block-began', EXAMPLES['block-began'][1] as never)
    assert.match(bare.text, /^Until: it is lifted$/m)
  })

  it('say what is still to be done, what still holds the target, and how it is opened again', () => {
    const denied = EXAMPLES['request-settled'].find(({ how }) => how === 'denied')
    assert.ok(denied)
    const { subject, text } = letters.write('request-settled', denied)
    assert.equal(subject, 'The block stays for now')
    assert.match(text, /^1\. Change the passwords of its users\n2\. Send us the log of logins$/m)
    assert.match(text, /that opens the\nrequest again/)
    const { text: lifted } = letters.write('request-settled', { ...denied, how: 'granted', actions: [] })
    assert.match(lifted, /Cordon#1042, 192\.0\.2\.7\/32, is lifted/)
    assert.match(lifted, /still held by:\n\n- Cordon#1043/)
  })

  it('ask for logs by both clocks', () => {
    const [whole] = EXAMPLES['logs-filed']
    assert.ok(whole)
    const { text } = letters.write('logs-filed', { ...whole, zone: 'Europe/Berlin' })
    assert.match(text, /^From: Sun 22 Nov 2026 14:00 UTC \(Sun 22 Nov 2026 15:00 (GMT\+1|CET)\)$/m)
    assert.match(text, /^Within: 4 working hours$/m)
  })

  it('list some blocks of many, and say how many more there are', () => {
    const [whole] = EXAMPLES['blocks-many']
    assert.ok(whole)
    const { text } = letters.write('blocks-many', whole)
    assert.match(text, /^- Cordon#1043 began: 192\.0\.2\.7\/32, until Tue 24 Nov 2026/m)
    assert.match(text, /^And 60 more\./m)
  })
})

describe('templates of a site', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-letters-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function problemsOf(source: string, name = 'block-began'): Promise<string> {
    const file = join(folder, `${name}.liquid`)
    await writeFile(file, source)
    const error = await readLetters(folder).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    await rm(file)
    assert.ok(error instanceof ConfigError, `expected problems, got ${String(error)}`)
    return error.message.replaceAll(`${folder}/`, '')
  }

  it('stand in place of those of the same name alone', async () => {
    const file = join(folder, 'block-began.liquid')
    await writeFile(file, 'Subject: {{ block.target }}\n\nOurs.\n')
    const { sources, files } = await readLetters(folder)
    await rm(file)
    assert.deepEqual(files, [file])
    const letters = lettersOf(sources)
    assert.deepEqual(letters.write('block-began', EXAMPLES['block-began'][0] as never), {
      subject: '192.0.2.7/32',
      text: 'Ours.\n',
    })
    assert.match(letters.write('request-filed', EXAMPLES['request-filed'][0] as never).text, /has arrived/)
  })

  it('are refused with the line of what is wrong, in any branch', async () => {
    const head = 'Subject: x\n\n'
    for (const [source, words] of [
      [`${head}{{ block.targt }}\n`, /^block-began\.liquid:3:1: there is no block\.targt for this mail$/],
      [
        `${head}{% if block.until %}\n{% else %}\n{{ blok.until }}\n{% endif %}y\n`,
        /^block-began\.liquid:5:1: .*blok/,
      ],
      [
        `${head}{% for host in block.hosts %}\n{{ host.nam }}\n{% endfor %}\ny`,
        /^block-began\.liquid:4:1: .*nam/,
      ],
      [`${head}{{ block.until | tme: zone }}\n`, /^block-began\.liquid:3:1: .*tme/],
      [`${head}{% if block.until %}\n`, /^block-began\.liquid:3:1: .*not closed/],
      [`${head}{{ block.advice.title }}\n`, /^block-began\.liquid:3:1: /],
      [`${head}{{ block.hosts }}\n`, /^block-began\.liquid:3:1: .*a list/],
      [`${head}{{ block.reason | raw }}\n`, /^block-began\.liquid:3:1: .*raw/],
      ['Dear all,\n', /^block-began\.liquid:1:1: its first line is Subject:/],
      [`${head}\n`, /^block-began\.liquid:1:1: it has no subject or no text/],
    ] as const)
      assert.match(await problemsOf(source), words)
    assert.match(await problemsOf(`${head}y\n`, 'block-begun'), /^block-begun\.liquid:1:1: there is no mail/)
  })

  it('read no files', async () => {
    for (const tag of ["{% include '/etc/passwd' %}", "{% render 'x' %}", "{% layout 'x' %}"])
      assert.match(await problemsOf(`Subject: x\n\n${tag}\n`), /^block-began\.liquid:3:1: .*tag/)
  })

  it('must be in a folder that can be read', async () => {
    await assert.rejects(() => readLetters(join(folder, 'nowhere')), /nowhere:1:1: cannot be read/)
  })
})
