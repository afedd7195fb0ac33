import { ietfRouter } from '../netconf/ietf/device.ts'
import { junosRouter } from '../netconf/junos/device.ts'
import type { DeviceMaker } from './device.ts'
import { iosDevice } from './ios/ios-device.ts'

/** The makes of routers, by their kind: a line each. */
export const MAKERS: Readonly<Record<string, DeviceMaker>> = {
  'ietf-router': ietfRouter,
  'ios-router': iosDevice,
  'junos-router': junosRouter,
}
