// What a test can have: a sluiced of its own, publishers and receivers. Everything is ended with the test.
import { test as base } from '@playwright/test'
import { Publisher, Receiver, Sluice, type Treatment } from './programs'

interface Fixtures {
  sluice: Sluice
  /** Starts a publisher to source 1, or to the app and key given. */
  publisher: (path?: string) => Promise<Publisher>
  /** Starts a platform. */
  receiver: (how?: Treatment) => Promise<Receiver>
}

export const test = base.extend<Fixtures>({
  sluice: async ({}, use) => {
    const sluice = await Sluice.start()
    await use(sluice)
    await sluice.dispose()
  },
  publisher: async ({ sluice }, use) => {
    const started: Publisher[] = []
    await use(async (path = 'live') => {
      const publisher = new Publisher(`rtmp://127.0.0.1:${sluice.rtmpPort}/${path}`)
      started.push(publisher)
      return publisher
    })
    await Promise.all(started.map((publisher) => publisher.stop()))
  },
  receiver: async ({}, use) => {
    const started: Receiver[] = []
    await use(async (how = 'accepting') => {
      const receiver = await Receiver.start(how)
      started.push(receiver)
      return receiver
    })
    await Promise.all(started.map((receiver) => receiver.stop()))
  },
})

export { expect } from '@playwright/test'
