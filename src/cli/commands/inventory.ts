import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { CliError, EXIT, type ExitCode } from '../exit.ts'
import type { InventoryPlan } from '../http/wire-site.ts'
import type { Session } from '../session.ts'
import { inventoryPlanText, inventoryText } from '../views/inventory-view.ts'

export function addInventory(program: Command, act: Act): void {
  const inventory = program
    .command('inventory')
    .description('say which inventory counts, and what became of the last try to read it anew')
    .action(act(show))
  inventory
    .command('reload')
    .description('read the inventory anew and let it count')
    .option('--agree <digest>', 'of the plan that you have seen, where a person has to agree')
    .action(act(reload))
}

async function show({ io, out, api }: Session): Promise<ExitCode> {
  const inventory = await (await api()).inventory()
  out.show({
    value: inventory,
    names: () => [inventory.digest],
    text: (paint) => inventoryText(inventory, io.now, paint),
  })
  return inventory.failed === undefined && inventory.asks === undefined ? EXIT.ok : EXIT.no
}

async function reload(
  { out, api }: Session,
  _: readonly string[],
  { agree }: { readonly agree?: string },
): Promise<ExitCode> {
  tell(out, await (await api()).reloadInventory(agree))
  out.note('it counts from now on')
  return EXIT.ok
}

/** What would change if this file stood in place of the configuration; without one, if it were read anew. */
export async function planInventory({ io, out, api }: Session, file: string | undefined): Promise<ExitCode> {
  const text = file === undefined ? undefined : await readText(resolve(io.cwd, file))
  tell(out, await (await api()).planInventory(text))
  return EXIT.ok
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new CliError(
      EXIT.failure,
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    )
  })
}

function tell(out: Session['out'], plan: InventoryPlan): void {
  out.show({
    value: plan,
    names: () => plan.effects.map(({ name }) => name),
    text: (paint) => inventoryPlanText(plan, paint),
  })
}
