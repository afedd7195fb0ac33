import type { AccessScope } from '../domain/role.ts'
import { type Caller, requireScope } from './rights.ts'

/** What can be done, each with the right that it needs; `any`, a valid token is enough. */
export const USE_CASES = {
  whoAmI: 'any',
  logOut: 'any',
  showCalendar: 'any',
  workOutDue: 'any',
  takeTriggers: 'triggers:write',
  listTriggers: 'triggers:read',
  listSources: 'triggers:read',
  showIncident: 'triggers:read',
  createBlocks: 'blocks:write',
  planBlock: 'blocks:write',
  listBlocks: 'blocks:read',
  showBlock: 'blocks:read',
  blockHistory: 'blocks:read',
  blockHits: 'blocks:read',
  explain: 'blocks:read',
  showPlan: 'blocks:read',
  // Of others too for whoever has people:write or audit:read.
  showQuota: 'blocks:read',
  approveBlock: 'blocks:approve',
  declineBlock: 'blocks:approve',
  proposeAgain: 'blocks:write',
  amendBlock: 'blocks:write',
  releaseBlock: 'blocks:write',
  listRequests: 'requests:read',
  showRequest: 'requests:read',
  fileUnblock: 'requests:write',
  sayAbout: 'requests:write',
  withdrawRequest: 'requests:write',
  reopenRequest: 'requests:write',
  takeRequest: 'requests:write',
  // Lifting the block needs blocks:write, too.
  grantRequest: 'requests:decide',
  denyRequest: 'requests:decide',
  fileLogs: 'requests:decide',
  closeLogs: 'requests:decide',
  listMessages: 'messages:read',
  showMessage: 'messages:read',
  sendAgain: 'messages:write',
  dropMessage: 'messages:write',
  takeMail: 'mail:write',
  listHeld: 'messages:read',
  judgeHeld: 'messages:write',
  listDevices: 'devices:read',
  showDevice: 'devices:read',
  checkDevice: 'devices:read',
  holdDevice: 'devices:hold',
  freeDevice: 'devices:hold',
  resyncDevice: 'devices:hold',
  showAutomation: 'blocks:read',
  freeze: 'automation:stop',
  thaw: 'automation:resume',
  panic: 'automation:panic',
  muteSource: 'automation:stop',
  unmuteSource: 'automation:resume',
  resetBreakers: 'automation:resume',
  readMetrics: 'devices:read',
  followEvents: 'blocks:read',
  showInventory: 'inventory:read',
  planInventory: 'inventory:read',
  reloadInventory: 'inventory:load',
  importBindings: 'bindings:write',
  showBindings: 'evidence:read',
  readAudit: 'audit:read',
  showStatistics: 'statistics:read',
  // Of nobody where the site says that anybody may see them.
  showPublicStatistics: 'statistics:read',
  readList: 'lists:read',
  pullDecisions: 'lists:read',
  findDecisions: 'lists:read',
  takeUsage: 'lists:read',
  // Of themselves people may do these without a right.
  listTokens: 'tokens:write',
  createToken: 'tokens:write',
  revokeToken: 'tokens:write',
  listPeople: 'people:write',
  addPerson: 'people:write',
  changePerson: 'people:write',
  removePerson: 'people:write',
} as const satisfies Readonly<Record<string, AccessScope | 'any'>>

export type UseCase = keyof typeof USE_CASES

/** @throws AppError `forbidden`, naming the missing right */
export function requireRight(caller: Caller, useCase: UseCase): void {
  const right = USE_CASES[useCase]
  if (right !== 'any') requireScope(caller, right)
}
