import type { EntryRule, SwitchKind, SwitchRule } from '../../src/domain/rule.ts'
import type { Capabilities, ErrorClass } from '../adapter.ts'
import type { EntryChange, Listing } from '../configured/device.ts'
import type { Position, Sight } from '../switching/panel.ts'
import type { Xml, XmlElement } from '../transport/netconf/xml.ts'

/** What `operation` of `<edit-config>` takes an entry away: `remove` is of base:1.1 alone (RFC 6241 §7.2). */
export type Removal = 'remove' | 'delete'

/** What an edit may depend on. */
export interface EditContext {
  /** Keys of what is configured and not in effect, as of the last look. */
  readonly asleep: ReadonlySet<string>
  /** Where `looksFirst`, what `select('all', [])` selects, read under the lock of the edit. */
  readonly found?: XmlElement
}

/** One data model: where our containers are in it, and how an entry is written and read. */
export interface NetconfDriver {
  readonly name: string
  readonly capabilities: Pick<
    Capabilities,
    'kinds' | 'components' | 'actions' | 'families' | 'pairs' | 'marks'
  >
  /** Why a device cannot hold the rule, or undefined. */
  whyUnsupported(rule: EntryRule): string | undefined
  /**
   * What a subtree filter (RFC 6241 §6) has to select of our containers: all of them, or what stands for these rules; and
   * of what leads packets there on the interfaces `filterOn`.
   */
  select(what: 'all' | readonly EntryRule[], filterOn: readonly string[]): Xml
  /** Reads the `<data>` that was selected. */
  read(data: XmlElement | undefined, what: 'all' | readonly EntryRule[], filterOn: readonly string[]): Listing
  /**
   * The `<config>` of an edit, whose default operation is merge. `nc` is declared as the namespace of `operation`.
   * @throws AdapterError about the entries of the change, such as `capacity` when no number is free
   */
  edit(change: EntryChange, removal: Removal, context?: EditContext): Xml
  /**
   * Whether the first entry that matches decides. The first reading back of a session looks at all of them then: servers
   * were seen to lose the order of an edit when it is committed (yuma123).
   */
  readonly isOrdered?: boolean
  /** Whether an edit depends on what stands, as where entries have numbers; it is looked at each time then. */
  readonly looksFirst?: boolean
  /** What the device's words mean, where its error-tag does not say it. */
  readonly meanings: readonly (readonly [RegExp, ErrorClass])[]
  /** Whether the device gives a session a candidate of its own, and how it is asked to; see RFC 6241 §8.3 for others. */
  readonly privateCandidate?: { readonly offeredBy: string; readonly open: Xml; readonly close: Xml }
  /** A commit of any session confirms a confirmed one, and the end of a session takes none back: not RFC 6241 §8.4. */
  readonly confirmedByAnyone?: boolean
  readonly provision: NetconfProvision
  /** What can be put down; undefined where nothing can. */
  readonly switches?: NetconfSwitches
  /** How the device is asked what time it has, and what it answers, in milliseconds since 1970, where it can be asked. */
  readonly clock?: { readonly ask: Xml; read(reply: XmlElement): number | undefined }
}

/** What must be there before there can be entries. */
export interface NetconfProvision {
  /** For a person to read and to load, in the device's own words. */
  text(device: string, filterOn: readonly string[]): string
  /** What of the configuration tells whether it is there. */
  select(filterOn: readonly string[]): Xml
  /** What is lacking of it. */
  plan(data: XmlElement | undefined, filterOn: readonly string[]): ProvisionPlan
}

export interface ProvisionPlan {
  /** The `<config>` of an edit that adds what is lacking; undefined when nothing is. */
  readonly edit: Xml | undefined
  /** The `<config>` of an edit that takes it away again, for a device where a commit of anybody confirms a confirmed one. */
  readonly undo?: Xml
  /** What the edit adds, in words. */
  readonly lacking: readonly string[]
  /** What only a person may change, as it is somebody's; in words. */
  readonly byHand: readonly string[]
}

/** Properties of others that can be put down. */
export interface NetconfSwitches {
  readonly kinds: readonly SwitchKind[]
  /** Why a name cannot be one of these, or undefined. */
  whyNoName(kind: SwitchKind, name: string): string | undefined
  select(rules: readonly SwitchRule[]): Xml
  read(data: XmlElement | undefined, rule: SwitchRule): Sight
  edit(rule: SwitchRule, to: Position, removal: Removal): Xml
}
