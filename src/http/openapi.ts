import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { noQuery } from './schemas.ts'
import { EVENT_COMPONENTS } from './schemas-events.ts'

/** Describes every route that is added after this, from its schemas. `sessionCookie` is a cookie's name. */
export function describeRoutes(server: FastifyInstance, version: string, sessionCookie: string): void {
  server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cordon',
        version,
        description: 'Decides about blocks, makes the network do them, proves it, and gives them back.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        schemas: EVENT_COMPONENTS,
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'cordon_ID_SECRET' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: sessionCookie,
            description:
              'Set by GET /login. Methods but GET and HEAD also need the header X-Cordon-CSRF with the csrf that GET /v1/whoami tells. A token goes before.',
          },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
  })
}

export function openapiRoute(server: FastifyInstance): void {
  let text: string | undefined
  server.get(
    '/openapi.json',
    {
      schema: {
        summary: 'This API for programs.',
        tags: ['health'],
        security: [],
        querystring: noQuery,
        response: { 200: { type: 'object', additionalProperties: true, description: 'OpenAPI 3.1.' } },
      },
    },
    async (_request, reply) => {
      // The routes do not change once the server is up.
      text ??= JSON.stringify(server.swagger())
      return reply.type('application/json').send(text)
    },
  )
}
