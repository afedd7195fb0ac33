/*
 * Loaded into the controller before it starts (--import), to measure from inside: the heap that is live after a
 * collection, and how long its event loop did not turn. Answers over the channel to the process that started it.
 */
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const EVERY_MS = 1
let meter

/** Timers are due every millisecond: what is late is what the loop stood still, however it is asked. */
function startMeter() {
  const delay = monitorEventLoopDelay({ resolution: EVERY_MS })
  const state = { delay, last: performance.now(), max: 0, over: [], running: true, collected: 0 }
  const note = (entries) => {
    for (const { duration } of entries) state.collected = Math.max(state.collected, duration)
  }
  const collections = new PerformanceObserver((list) => note(list.getEntries()))
  collections.observe({ entryTypes: ['gc'] })
  state.stopCounting = () => {
    note(collections.takeRecords())
    collections.disconnect()
  }
  const turn = () => {
    if (!state.running) return
    const now = performance.now()
    const late = now - state.last - EVERY_MS
    state.last = now
    state.max = Math.max(state.max, late)
    if (late > 10) state.over.push(late)
    setTimeout(turn, EVERY_MS).unref()
  }
  delay.enable()
  setTimeout(turn, EVERY_MS).unref()
  return state
}

async function liveHeap() {
  // Weak references and finalizers need a second round, and turns of the loop between.
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return { heapUsed, external, arrayBuffers }
}

async function answer(question) {
  switch (question) {
    case 'heap':
      return liveHeap()
    case 'stall-start':
      meter = startMeter()
      return true
    case 'stall-read': {
      meter.running = false
      meter.delay.disable()
      meter.stopCounting()
      const { max, delay, over, collected } = meter
      return { max, monitored: delay.max / 1e6, over10: over, collected }
    }
    case 'cpu':
      return process.cpuUsage()
    default:
      return undefined
  }
}

if (isMainThread && process.send) {
  process.on('message', (question) => {
    answer(question).then((told) => process.send({ question, told }))
  })
  process.channel.unref()
}
