import type * as wire from '../../src/cli/http/wire.ts'
import type * as calendar from '../../src/cli/http/wire-calendar.ts'
import type * as messages from '../../src/cli/http/wire-messages.ts'
import type * as quota from '../../src/cli/http/wire-quota.ts'
import type * as requests from '../../src/cli/http/wire-requests.ts'
import type * as site from '../../src/cli/http/wire-site.ts'
import type {
  BatchItemJson,
  BlockJson,
  ExplanationJson,
  NewBlockJson,
  PlanJson,
  ProblemJson,
} from '../../src/http/schemas.ts'
import type { CalendarAnswerJson, DueAnswerJson } from '../../src/http/schemas-calendar.ts'
import type {
  HeldMailJson,
  MessageJson,
  MessagePageJson,
  TakenMailJson,
} from '../../src/http/schemas-messages.ts'
import type {
  AutomationJson,
  DeviceJson,
  HistoryEventJson,
  PersonJson,
  TokenJson,
} from '../../src/http/schemas-more.ts'
import type { QuotaAnswerJson } from '../../src/http/schemas-quota.ts'
import type { RequestJson } from '../../src/http/schemas-requests.ts'

type Fits<Given extends Wanted, Wanted> = Given

/** Does not compile when the API's schemas and what the CLI reads of them go apart. */
export type Agreed = [
  Fits<BlockJson, wire.Block>,
  Fits<BatchItemJson, wire.BatchItem>,
  Fits<PlanJson, wire.Plan>,
  Fits<ExplanationJson, wire.Explanation>,
  Fits<ProblemJson, wire.Problem>,
  Fits<DeviceJson, wire.Device>,
  Fits<TokenJson, site.Token>,
  Fits<PersonJson, site.Person>,
  Fits<AutomationJson, site.Automation>,
  Fits<QuotaAnswerJson, quota.QuotaAnswer>,
  Fits<CalendarAnswerJson, calendar.CalendarAnswer>,
  Fits<DueAnswerJson, calendar.DueAnswer>,
  Fits<HistoryEventJson, wire.HistoryEvent>,
  Fits<RequestJson, requests.Request>,
  Fits<MessageJson, messages.Message>,
  Fits<MessagePageJson, messages.MessagePage>,
  Fits<HeldMailJson, messages.HeldMail>,
  Fits<TakenMailJson, messages.TakenMail>,
  Fits<Omit<wire.NewBlock, 'scope'>, Omit<NewBlockJson, 'scope' | 'collateral'>>,
]
