import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/** Debian's way to say which services an installation may start (invoke-rc.d(8)). */
const POLICY = '/usr/sbin/policy-rc.d'
const OURS =
  '#!/bin/sh\n# Put here by Cordon while it installs packages; remove it if no installation is running.\nexit 101\n'
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs `install` while no installation may start a service, and puts the machine's own policy back, also when
 * `install` fails or somebody interrupts it.
 * @param {() => void} install synchronous
 */
export function withoutStartingServices(install, path = POLICY) {
  const saved = `${path}.before-cordon`
  // An interruption ends the installer, which is of the same process group, and not this before it has cleared up.
  const hold = () => {}
  for (const signal of SIGNALS) process.on(signal, hold)
  try {
    forbid(path, saved)
    try {
      install()
    } finally {
      restore(path, saved)
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, hold)
  }
}

/** An installation that was killed may have left ours in place, and the machine's own beside it. */
function forbid(path, saved) {
  if (existsSync(path) && readFileSync(path, 'utf8') !== OURS) renameSync(path, saved)
  writeFileSync(path, OURS)
  chmodSync(path, 0o755)
}

function restore(path, saved) {
  if (existsSync(saved)) renameSync(saved, path)
  else rmSync(path, { force: true })
}
