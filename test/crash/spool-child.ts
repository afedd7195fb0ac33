// Follows a spool until it is killed. Prints the number of each record that it has taken, at once.
import { writeSync } from 'node:fs'
import { SILENT } from '../../src/domain/log.ts'
import { openSpool } from '../../src/triggers/spool.ts'
import { realClock } from '../helpers/system-clock.ts'

await openSpool({
  folder: process.argv[2] ?? '',
  clock: realClock(),
  log: SILENT,
  take: async (record) => {
    writeSync(1, `${(record as { id: number }).id}\n`)
    return 'taken'
  },
})
