import type { ChildProcess, Serializable } from 'node:child_process'

/** Sends a child process one message and waits for one, unless it ends before. */
export function ask<T>(child: ChildProcess, question: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      child.off('message', take)
      child.off('exit', fail)
    }
    const take = (answer: unknown): void => {
      stop()
      resolve(answer as T)
    }
    const fail = (): void => {
      stop()
      reject(new Error('the process that was asked has ended'))
    }
    child.on('message', take)
    child.on('exit', fail)
    child.send(question as Serializable)
  })
}
