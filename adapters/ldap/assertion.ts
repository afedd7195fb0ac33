import { Ber, BerWriter, Control, type Filter } from 'ldapts'

/** RFC 4528: the operation is done if the filter fits the entry, and else not at all. */
export class AssertionControl extends Control {
  readonly #filter: Filter

  constructor(oid: string, filter: Filter) {
    super(oid, { critical: true })
    this.#filter = filter
  }

  protected override writeControl(writer: BerWriter): void {
    const assertion = new BerWriter()
    this.#filter.write(assertion)
    writer.writeBuffer(assertion.buffer, Ber.OctetString)
  }
}
