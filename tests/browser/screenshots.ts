// The pictures of the README: a test picture from ffmpeg to receivers on this machine.
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures'
import { card } from './page'
import type { Receiver, Sluice, Treatment } from './programs'

const folder = '../docs/images'

/** A show in its middle: three platforms live, one that refuses, one that is off. */
async function show(sluice: Sluice, receiver: (how?: Treatment) => Promise<Receiver>) {
  for (const [name, platform] of [['YouTube', 'youtube'], ['TikTok', 'tiktok'], ['Twitch', 'twitch']]) {
    const { url } = await receiver()
    await sluice.addStream({ name, platform, server: url, key: `demo-${platform}`, enabled: true })
  }
  const busy = await receiver('busy')
  await sluice.addStream({ name: 'OneStream', platform: 'onestream', server: busy.url, key: 'demo', enabled: true })
  // The only one with a real address stays off.
  await sluice.addStream({
    name: 'Facebook', platform: 'facebook', server: 'rtmps://live-api-s.facebook.com:443/rtmp/', key: 'demo',
  })
}

/** In other colours, once nothing changes any more. */
async function inColours(page: Page, colorScheme: 'light' | 'dark') {
  await page.emulateMedia({ colorScheme })
  await page.evaluate(async () => {
    await new Promise(requestAnimationFrame)
    await Promise.all(document.getAnimations().map((one) => Promise.race([one.finished, new Promise((go) => setTimeout(go, 500))])))
  })
}

async function settled(page: Page) {
  await expect(page.getByText(/3 live|3 en direct/)).toBeVisible()
  // Rates are averages over a few seconds, and a chart of one second says nothing.
  await page.waitForTimeout(20_000)
}

test('pictures', async ({ page, sluice, publisher, receiver }) => {
  test.slow()
  await page.setViewportSize({ width: 1280, height: 860 })
  await inColours(page, 'light')
  await page.goto(sluice.url)
  await expect(page.getByRole('button', { name: 'Copy Server' })).toBeVisible()
  await page.screenshot({ path: `${folder}/first-visit.png` })

  await show(sluice, receiver)
  await publisher()
  await page.getByRole('button', { name: 'Show the live picture' }).click()
  await settled(page)
  await page.screenshot({ path: `${folder}/page.png` })
  await inColours(page, 'dark')
  await page.screenshot({ path: `${folder}/page-dark.png` })

  await inColours(page, 'light')
  await page.getByRole('button', { name: 'Add platform' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Facebook' }).click()
  await expect(page.getByRole('dialog').getByLabel('Server', { exact: true })).toBeVisible()
  await page.screenshot({ path: `${folder}/add.png` })
  await page.keyboard.press('Escape')

  await page.getByLabel('Language').selectOption('fr')
  await expect(card(page, 'YouTube').getByText('En direct', { exact: true })).toBeVisible()
  await page.screenshot({ path: `${folder}/page-french.png` })

  await page.getByLabel('Langue').selectOption('en')
  await inColours(page, 'dark')
  await page.setViewportSize({ width: 390, height: 844 })
  await page.reload()
  await settled(page)
  await page.screenshot({ path: `${folder}/phone.png` })

  await page.setViewportSize({ width: 300, height: 500 })
  await page.goto(`${sluice.url}dock`)
  await expect(page.getByRole('switch', { name: 'YouTube' })).toBeVisible()
  await page.screenshot({ path: `${folder}/dock.png` })
})
