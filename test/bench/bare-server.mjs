/*
 * A bare Fastify that writes each request to a file and synchronises it before it answers, those that wait together
 * at once: what this machine can do at most at this moment. `bare-server.mjs FILE` prints its port.
 */
import { open } from 'node:fs/promises'
import Fastify from 'fastify'

const file = await open(process.argv[2], 'a')
let waiting = []
let writing = false

async function writeWaiting() {
  writing = true
  while (waiting.length > 0) {
    const group = waiting
    waiting = []
    await file.write(group.map(({ line }) => line).join(''))
    await file.datasync()
    for (const { done } of group) done()
  }
  writing = false
}

function record(line) {
  return new Promise((done) => {
    waiting.push({ line, done })
    if (!writing) void writeWaiting()
  })
}

const server = Fastify()
server.post('/v1/blocks', async (request, reply) => {
  await record(`${JSON.stringify(request.body)}\n`)
  reply.code(201)
  return request.body
})
await server.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${server.server.address().port}\n`)
