import type { FastifyInstance } from 'fastify'
import type { Metrics } from './metrics.ts'
import { problem, sendProblem } from './problem.ts'

/** Answers where there is no route: 405 where another method has one, else 404. */
export function answerUnknown(server: FastifyInstance, metrics: Metrics): void {
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
    metrics.answered(request.method, 'none', found ? 405 : 404, reply.elapsedTime / 1_000)
    if (!found) return sendProblem(reply, problem(404, 'not-found', 'there is nothing at this address'))
    reply.header('allow', methods.join(', '))
    return sendProblem(
      reply,
      problem(405, 'method-not-allowed', `${request.method} is not possible here; ${methods.join(', ')} is`),
    )
  })
}

/** The paths of a route: `:name(^…$)` is a parameter of that form, `::` a colon. */
function patternOf(url: string): RegExp {
  const text = url
    .replaceAll('.', '\\.')
    .replaceAll(/(?<!:):\w+\(\^(.*?)\$\)/g, '($1)')
    .replaceAll('::', ':')
  return new RegExp(`^${text}$`)
}
