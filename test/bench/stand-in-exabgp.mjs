/*
 * Stands in for ExaBGP: stand-in-exabgp.mjs OBSERVER CONF. It runs the real helper on pipes, as ExaBGP does, answers
 * each line with `done`, and tells the observer's Unix socket when each line came: process.hrtime, which is the
 * monotonic clock of the whole machine, and the last word of the line.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

const [observerPath, conf] = process.argv.slice(2)
const text = readFileSync(conf, 'utf8')
const [file, ...args] = /run ([^;]+);/.exec(text)[1].split(' ')
const observer = connect(observerPath)
observer.on('error', () => {})
const helper = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
helper.stdin.on('error', () => {})
helper.on('exit', () => process.exit(0))

let rest = ''
helper.stdout.setEncoding('latin1')
helper.stdout.on('data', (piece) => {
  const came = process.hrtime.bigint()
  const lines = (rest + piece).split('\n')
  rest = lines.pop()
  for (const line of lines) {
    observer.write(`${came} ${line.slice(line.lastIndexOf(' ') + 1)}\n`)
    if (line === 'show neighbor summary') helper.stdin.write('Peer            AS        up/down state\n')
    helper.stdin.write('done\n')
  }
})

for (const [, peer] of text.matchAll(/^neighbor (\S+) \{/gm)) {
  const neighbor = { address: { peer }, state: 'up' }
  helper.stdin.write(`${JSON.stringify({ exabgp: '4.0.1', type: 'state', neighbor })}\n`)
}
