/**
 * Milliseconds on CLOCK_MONOTONIC, which all processes and namespaces of a machine share: times taken here can
 * be held against those of the probe's sender and receivers.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
