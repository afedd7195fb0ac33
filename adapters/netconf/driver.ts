import type { EntryRule } from '../../src/domain/rule.ts'
import type { Capabilities, ErrorClass } from '../adapter.ts'
import type { EntryChange, Listing } from '../configured/device.ts'
import type { Xml, XmlElement } from '../transport/netconf/xml.ts'

/** What `operation` of `<edit-config>` takes an entry away: `remove` is of base:1.1 alone (RFC 6241 §7.2). */
export type Removal = 'remove' | 'delete'

/** One data model: where our containers are in it, and how an entry is written and read. */
export interface NetconfDriver {
  readonly name: string
  readonly capabilities: Pick<
    Capabilities,
    'kinds' | 'components' | 'actions' | 'families' | 'pairs' | 'marks'
  >
  /** Why a device cannot hold the rule, or undefined. */
  whyUnsupported(rule: EntryRule): string | undefined
  /** What a subtree filter (RFC 6241 §6) has to select of our containers: all of them, or what stands for these rules. */
  select(what: 'all' | readonly EntryRule[]): Xml
  /** Reads the `<data>` that was selected. */
  read(data: XmlElement | undefined, what: 'all' | readonly EntryRule[]): Listing
  /** The `<config>` of an edit, whose default operation is merge. `nc` is declared as the namespace of `operation`. */
  edit(change: EntryChange, removal: Removal): Xml
  /** What the device's words mean, where its error-tag does not say it. */
  readonly meanings: readonly (readonly [RegExp, ErrorClass])[]
  /** Whether the device gives a session a candidate of its own, and how it is asked to; see RFC 6241 §8.3 for others. */
  readonly privateCandidate?: { readonly offeredBy: string; readonly open: Xml; readonly close: Xml }
}
