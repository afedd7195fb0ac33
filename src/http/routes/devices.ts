import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { checkDevice, type DeviceCheck } from '../../app/check-device.ts'
import {
  type DeviceView,
  freeDevice,
  holdDevice,
  listDevices,
  resyncDevice,
  showDevice,
} from '../../app/devices.ts'
import { asInvalid, readUntil } from '../../app/prepare.ts'
import { callerOf } from '../auth.ts'
import { actionJson, timeText } from '../block-json.ts'
import { type Face, NAME, REFUSALS, under } from '../face.ts'
import { hold, noQuery, nothing } from '../schemas.ts'
import { type DeviceCheckJson, type DeviceJson, device, deviceCheck, deviceList } from '../schemas-more.ts'

interface ByName {
  Params: { name: string }
}

const BASE = { tags: ['devices'], querystring: noQuery }
const ANSWER = { 200: device, ...REFUSALS }

export function deviceRoutes(server: FastifyInstance, face: Face): void {
  readRoutes(server, face)
  holdRoutes(server, face)
  checkRoute(server, face)
  const { app } = face
  server.post<ByName>(
    `/v1/devices/${NAME}::resync`,
    {
      schema: {
        ...BASE,
        ...under('resyncDevice'),
        summary: 'Reads a device anew and brings it in line.',
        body: nothing,
        response: ANSWER,
      },
    },
    async (request) => deviceJson(await resyncDevice(app, callerOf(request), request.params.name)),
  )
}

function checkRoute(server: FastifyInstance, { app }: Face): void {
  server.post<ByName>(
    `/v1/devices/${NAME}::check`,
    {
      schema: {
        ...BASE,
        ...under('checkDevice'),
        summary: 'Reads a device and compares it with what is wanted, changing nothing.',
        body: nothing,
        response: { 200: deviceCheck, ...REFUSALS },
      },
    },
    async (request) => checkJson(await checkDevice(app, callerOf(request), request.params.name)),
  )
}

function checkJson({ reading, findings, enforcers, checks, ...rest }: DeviceCheck): DeviceCheckJson {
  return {
    ...rest,
    ...(checks === undefined ? {} : { checks: [...checks] }),
    ...readingJson(reading),
    findings: findings.map(({ wanted, found, ...finding }) => ({
      ...finding,
      ...(wanted === undefined ? {} : { wanted: actionJson(wanted) }),
      ...(found === undefined ? {} : { found: actionJson(found) }),
    })),
    enforcers: enforcers.map(({ trouble, ...sight }) => ({
      ...sight,
      ...(trouble === undefined ? {} : { trouble }),
    })),
  }
}

function readingJson(reading: DeviceCheck['reading']) {
  if ('error' in reading) return reading
  const { at, took, ...counts } = reading
  return { readAt: timeText(at), tookMs: Math.round(took), ...counts }
}

function readRoutes(server: FastifyInstance, { app }: Face): void {
  server.get(
    '/v1/devices',
    {
      schema: {
        ...BASE,
        ...under('listDevices'),
        summary: 'Every device and where it stands.',
        response: { 200: deviceList, ...REFUSALS },
      },
    },
    async (request) => ({ devices: (await listDevices(app, callerOf(request))).map(deviceJson) }),
  )
  server.get<ByName>(
    `/v1/devices/${NAME}`,
    { schema: { ...BASE, ...under('showDevice'), summary: 'Shows a device.', response: ANSWER } },
    async (request) => deviceJson(await showDevice(app, callerOf(request), request.params.name)),
  )
}

function holdRoutes(server: FastifyInstance, { app }: Face): void {
  server.post<ByName & { Body: Static<typeof hold> }>(
    `/v1/devices/${NAME}::hold`,
    {
      schema: {
        ...BASE,
        ...under('holdDevice'),
        summary: 'Stops everything on a device, releases too.',
        body: hold,
        response: ANSWER,
      },
    },
    async (request) => {
      const { name } = request.params
      const until = endOfHold(request.body, app.clock.now())
      return deviceJson(await holdDevice(app, callerOf(request), name, until, request.body.reason))
    },
  )
  server.post<ByName>(
    `/v1/devices/${NAME}::free`,
    {
      schema: {
        ...BASE,
        ...under('freeDevice'),
        summary: 'Ends a hold, and agrees to what a guard withheld.',
        body: nothing,
        response: ANSWER,
      },
    },
    async (request) => deviceJson(await freeDevice(app, callerOf(request), request.params.name)),
  )
}

/** A hold always ends; with `permanent` not among its fields, there is an end. */
function endOfHold({ duration, until }: Static<typeof hold>, now: number): number {
  const ends = { ...(duration === undefined ? {} : { duration }), ...(until === undefined ? {} : { until }) }
  try {
    return readUntil(ends, now) ?? now
  } catch (error) {
    throw asInvalid(error)
  }
}

function deviceJson(view: DeviceView): DeviceJson {
  const { since, hold: held, ...rest } = view
  return {
    ...rest,
    since: timeText(since),
    ...(held === undefined ? {} : { hold: { ...held, until: timeText(held.until) } }),
  }
}
