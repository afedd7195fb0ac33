import type { FastifyInstance } from 'fastify'
import { problem, sendProblem } from './problem.ts'

/** Answers where there is no route: 405 where another method has one, else 404. */
export function answerUnknown(server: FastifyInstance): void {
  const known: { method: string; pattern: RegExp }[] = []
  server.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) known.push({ method: one, pattern: patternOf(url) })
  })
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const methods = [
      ...new Set(known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
    ]
    const found = methods.length > 0
    if (!found) return sendProblem(reply, problem(404, 'not-found', 'there is nothing at this address'))
    reply.header('allow', methods.join(', '))
    return sendProblem(
      reply,
      problem(405, 'method-not-allowed', `${request.method} is not possible here; ${methods.join(', ')} is`),
    )
  })
}

/** A parameter of a form, `:name(^…$)`, as the routes write it. */
const PARAMETER = /(?<!:):(\w+)\(\^(.*?)\$\)/g

/** A route's address for people: `/v1/blocks/{id}:release`. */
export function plainPath(url: string): string {
  return url.replaceAll(PARAMETER, '{$1}').replaceAll('::', ':')
}

function patternOf(url: string): RegExp {
  const text = url.replaceAll('.', '\\.').replaceAll(PARAMETER, '($2)').replaceAll('::', ':')
  return new RegExp(`^${text}$`)
}
