import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { addPerson, changePerson, listPeople, type PersonChange, removePerson } from '../../app/people.ts'
import { callerOf } from '../auth.ts'
import { timeText } from '../block-json.ts'
import { type Face, REFUSALS, under } from '../face.ts'
import { noQuery, nothing } from '../schemas.ts'
import { type PersonJson, person, personList } from '../schemas-more.ts'
import { newPerson, personChange } from '../schemas-people.ts'

interface ById {
  Params: { id: string }
}

const BASE = { tags: ['people'], querystring: noQuery }
const PERSON = '/v1/people/:id(^[A-Za-z0-9]+$)'

export function peopleRoutes(server: FastifyInstance, { app }: Face): void {
  server.get(
    '/v1/people',
    {
      schema: {
        ...BASE,
        ...under('listPeople'),
        summary: 'Everybody who may, or once might, do something.',
        response: { 200: personList, ...REFUSALS },
      },
    },
    async (request) => ({
      people: (await listPeople(app, callerOf(request))).map((one) => personJson(app, one)),
    }),
  )
  server.post<{ Body: Static<typeof newPerson> }>(
    '/v1/people',
    {
      schema: {
        ...BASE,
        ...under('addPerson'),
        summary: 'Makes somebody known, with roles.',
        body: newPerson,
        response: { 201: person, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const made = await addPerson(app, callerOf(request), request.body)
      reply.code(201).header('location', `/v1/people/${made.id}`)
      return personJson(app, made)
    },
  )
  changeRoutes(server, app)
}

function changeRoutes(server: FastifyInstance, app: Face['app']): void {
  server.patch<ById & { Body: Static<typeof personChange> }>(
    PERSON,
    {
      schema: {
        ...BASE,
        ...under('changePerson'),
        summary:
          'Gives somebody another name, other roles or other departments, at once for all of their tokens.',
        body: personChange,
        response: { 200: person, ...REFUSALS },
      },
    },
    async (request) =>
      personJson(
        app,
        await changePerson(app, callerOf(request), request.params.id, request.body as PersonChange),
      ),
  )
  server.delete<ById>(
    PERSON,
    {
      schema: {
        ...BASE,
        ...under('removePerson'),
        summary: 'Ends everything that somebody may do.',
        body: nothing,
        response: {
          204: { type: 'null', description: 'None of their tokens is good any more.' },
          ...REFUSALS,
        },
      },
    },
    async (request, reply) => {
      await removePerson(app, callerOf(request), request.params.id)
      return reply.code(204).send()
    },
  )
}

function personJson(
  { ledger }: Face['app'],
  { id, name, subject, roles, departments, left, at, by }: Awaited<ReturnType<typeof addPerson>>,
): PersonJson {
  const login = ledger.head.logins.get(id)
  return {
    id,
    name,
    ...(subject === undefined ? {} : { subject }),
    roles,
    ...(departments === undefined ? {} : { departments }),
    ...(login === undefined ? {} : { loggedInAt: timeText(login) }),
    left,
    at: timeText(at),
    by,
  }
}
