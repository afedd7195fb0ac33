import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { adviceBook } from '../domain/advice.ts'
import { CATEGORIES } from '../domain/category.ts'
import { loadConfig } from './load.ts'
import { readAdvice } from './read-advice.ts'
import { readPolicies } from './read-policies.ts'
import { ConfigError } from './yaml-file.ts'

const SHIPPED = new URL('../../policies/', import.meta.url).pathname

const GOOD = `---
title: Clean it
categories: [host.compromised, other]
---
Install it anew.
`

describe('texts of advice', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-advice-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function filesIn(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const path = join(folder, name)
    await mkdir(path)
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text)
    return path
  }

  /** What is wrong, without the folder. */
  async function problems(name: string, files: Readonly<Record<string, string>>): Promise<string[]> {
    const path = await filesIn(name, files)
    const error = await readAdvice(path, []).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof ConfigError, `expected problems, got ${String(error)}`)
    return error.message.split('\n').map((line) => line.replaceAll(`${path}/`, ''))
  }

  it('are named by their files, and what is no text is left alone', async () => {
    const path = await filesIn('good', { 'clean-it.md': GOOD, 'notes.txt': 'x' })
    const { texts, files } = await readAdvice(path, [])
    assert.deepEqual(texts, [
      {
        name: 'clean-it',
        title: 'Clean it',
        categories: ['host.compromised', 'other'],
        text: 'Install it anew.\n',
      },
    ])
    assert.deepEqual(files, [join(path, 'clean-it.md')])
  })

  it('tell where something is wrong, in all files at once', async () => {
    const found = await problems('bad', {
      'a.md': 'no front matter\n',
      'b.md': '---\ntitle: B\ncategories: [nonsense]\nauthor: me\n---\ntext\n',
      'c.md': `---\ntitle: C\ncategories: []\n---\nfine\n${'x'.repeat(77)}\n\twith a tab\nturned \u202e round\n`,
      'd.md': '---\ntitle: D\ncategories: []\n---\n\n',
      'E x.md': GOOD,
    })
    assert.equal(found.length, 8)
    for (const [begin, words] of [
      ['E x.md:1:1', 'no name of advice'],
      ['a.md:1:1', 'title and categories'],
      ['b.md:3:', 'categories.0'],
      ['b.md:4:', 'author: unknown field'],
      ['c.md:6:1', '77 characters'],
      ['c.md:7:1', 'control character'],
      ['c.md:8:1', 'control character'],
      ['d.md:5:1', 'no text'],
    ] as const)
      assert.ok(
        found.some((line) => line.startsWith(begin) && line.includes(words)),
        `${begin} ${words} in ${found.join('\n')}`,
      )
  })

  it('share no category', async () => {
    const [only, ...more] = await problems('twice', { 'a.md': GOOD, 'b.md': GOOD.replace(', other', '') })
    assert.match(only ?? '', /^b\.md:3:14: categories\.0: host\.compromised is a category of a\.md already$/)
    assert.deepEqual(more, [])
  })

  it('are there for every rule that names one, or the configuration is not used', async () => {
    const site = await filesIn('site', {
      'placement.yaml': 'placements:\n  - { name: all, when: {}, use: [{ device: edge, as: acl }] }\n',
      'cordon.yaml': `placements: placement.yaml
policies: rules
advice: texts
site: { own: [192.0.2.0/24] }
devices:
  - { name: edge, kind: memory }
`,
    })
    await filesIn('site/texts', { 'clean-it.md': GOOD })
    await filesIn('site/rules', {
      'p.yaml': `policy: p
about: a test
priority: 10
mode: enforce
rules:
  - { rule: a, verdict: ignore, why: because, advice: clean-it }
  - { rule: b, verdict: ignore, why: because, advice: clean-out }
examples:
  - { example: x, trigger: { target: 192.0.2.1, role: victim, category: other }, expect: { verdict: ignore } }
`,
    })
    const load = () =>
      loadConfig(join(site, 'cordon.yaml'), { adapters: allAdapters(), witnesses: allWitnesses() })
    await assert.rejects(load, (error: unknown) => {
      assert.ok(error instanceof ConfigError, String(error))
      assert.match(
        error.message,
        /p\.yaml:7:\d+: rules\.1\.advice: there is no advice 'clean-out'; known are clean-it$/,
      )
      return true
    })
    await writeFile(join(site, 'texts', 'clean-out.md'), '---\ntitle: Out\ncategories: []\n---\nOut.\n')
    const { advice } = await load()
    assert.deepEqual(
      advice.map(({ name }) => name),
      ['clean-it', 'clean-out'],
    )
  })

  it('must be in a folder that can be read', async () => {
    await assert.rejects(() => readAdvice(join(folder, 'nowhere'), []), /nowhere:1:1: cannot be read/)
  })
})

describe('the shipped texts', () => {
  const read = async () => readAdvice(join(SHIPPED, 'advice'), await readPolicies(join(SHIPPED, 'rules')))

  it('have one for each category, and for all that shipped rules name', async () => {
    const { texts } = await read()
    assert.deepEqual(texts.flatMap(({ categories }) => categories).sort(), [...CATEGORIES].sort())
  })

  it('say what happened, what it means, what to do, and what to write, briefly', async () => {
    const { texts } = await read()
    for (const { name, text } of texts) {
      for (const part of [
        /^What happened: /,
        /^What it means: /m,
        /^What to do:$/m,
        /^What to write /m,
        /^1\. /m,
      ])
        assert.match(text, part, name)
      const lines = text.trimEnd().split('\n').length
      assert.ok(lines >= 10 && lines <= 25, `${name} has ${lines} lines`)
      assert.doesNotMatch(text, /<[a-z]|https?:|\]\(/, name)
    }
  })
})

describe('the advice of a block', () => {
  const text = (name: string, ...categories: (typeof CATEGORIES)[number][]) => ({
    ...{ name, title: name, categories, text: 'x\n' },
  })
  const book = adviceBook([text('own'), text('scans', 'scan'), text('rest', 'other')])

  it('is what its rule says, else that of its category, else the one for all others', () => {
    assert.equal(book.of({ advice: 'own', category: 'scan' })?.name, 'own')
    assert.equal(book.of({ advice: 'gone', category: 'scan' })?.name, 'scans')
    assert.equal(book.of({ category: 'scan' })?.name, 'scans')
    assert.equal(book.of({ category: 'spam' })?.name, 'rest')
    assert.equal(book.of({})?.name, 'rest')
    assert.equal(adviceBook([text('scans', 'scan')]).of({ category: 'spam' }), undefined)
  })
})
