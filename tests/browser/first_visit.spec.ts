// Arriving at the page, and the source.
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures'
import { addThroughForm, card } from './page'

/** The picture moves: its time advances. */
async function expectPlaying(page: Page) {
  const time = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime)
  await expect.poll(time).toBeGreaterThan(0)
  const before = await time()
  await expect.poll(time).toBeGreaterThan(before + 0.5)
}

test('the first visit shows the address for OBS and that nothing arrives yet', async ({ page, sluice }) => {
  await page.goto(sluice.url)
  await expect(page.getByRole('heading', { name: 'Waiting for OBS…' })).toBeVisible()
  await expect(page.getByText(`rtmp://127.0.0.1:${sluice.rtmpPort}/live`)).toBeVisible()
  await expect(page.getByText('leave it empty')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Add your first platform' })).toBeVisible()

  await page.getByRole('button', { name: 'Copy Server' }).click()
  await expect(page.getByText('Copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`rtmp://127.0.0.1:${sluice.rtmpPort}/live`)
})

test('the first visit leads from waiting to the live picture, and from there to the first platform', async ({ page, sluice, publisher, receiver }) => {
  const { url } = await receiver()
  await page.goto(sluice.url)
  await expect(page.getByRole('heading', { name: 'Waiting for OBS…' })).toBeVisible()
  const obs = await publisher()
  await expect(page.getByRole('heading', { name: 'OBS is here' })).toBeVisible()
  await expectPlaying(page)
  await expect(page.getByText(/H\.264, 640×360, 25 fps/)).toBeVisible()
  await expect(page.getByText(/AAC, 48 kHz, stereo/)).toBeVisible()
  await obs.stop()
  await expect(page.getByRole('heading', { name: 'Waiting for OBS…' })).toBeVisible()
  await publisher()
  await expect(page.getByRole('heading', { name: 'OBS is here' })).toBeVisible()

  await addThroughForm(page, { name: 'The first', server: url, key: '' })
  await expect(card(page, 'The first')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Incoming' })).toBeVisible()
})

test('the live picture is shown on demand, muted, goes on after a break and stops when hidden', async ({ page, sluice, publisher }) => {
  await sluice.addStream({ name: 'Any', server: 'rtmp://127.0.0.1:9/app' })
  const obs = await publisher()
  await page.goto(sluice.url)
  const picture = page.locator('video')
  await expect(page.getByText('Receiving')).toBeVisible()
  await expect(picture).toHaveCount(0)
  await page.getByRole('button', { name: 'Show the live picture' }).click()
  await expectPlaying(page)
  expect(await picture.evaluate((video: HTMLVideoElement) => [video.muted, video.videoWidth, video.videoHeight])).toEqual([true, 640, 360])
  await page.getByRole('button', { name: 'Turn the sound on' }).click()
  expect(await picture.evaluate((video: HTMLVideoElement) => video.muted)).toBe(false)

  await obs.stop()
  await expect(picture).toHaveCount(0)
  await publisher()
  await expectPlaying(page)
  await page.getByRole('button', { name: 'Hide the live picture' }).click()
  await expect(picture).toHaveCount(0)
})

test('the page loads nothing from elsewhere and breaks no policy', async ({ page, sluice }) => {
  const foreign: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(sluice.url)) foreign.push(request.url())
  })
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  const response = await page.goto(sluice.url)
  expect(response?.headers()['content-security-policy']).toContain("default-src 'self'")
  await page.getByRole('button', { name: 'Add platform' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  expect(foreign).toEqual([])
  expect(complaints).toEqual([])
})

test('the first load is small', async ({ page, sluice }) => {
  // What the page consists of, compressed as it travels: without the player, and without what the API then tells.
  const pieces: Promise<number>[] = []
  page.on('requestfinished', (request) => {
    if (new URL(request.url()).pathname.startsWith('/api/')) return
    pieces.push(request.sizes().then((sizes) => sizes.responseBodySize + sizes.responseHeadersSize))
  })
  await page.goto(sluice.url)
  await expect(page.getByRole('button', { name: 'Add platform' })).toBeEnabled()
  const bytes = (await Promise.all(pieces)).reduce((sum, one) => sum + one, 0)
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThanOrEqual(60 * 1024)
})

test('a publisher with a key that is no source is offered, and let in with one click', async ({ page, sluice, publisher }) => {
  await sluice.addStream({ name: 'Any', server: 'rtmp://127.0.0.1:9/app' })
  await page.goto(sluice.url)
  await expect(page.getByText('Waiting for OBS…')).toBeVisible()
  const turnedAway = await publisher('live/phone')
  const offer = page.getByText('Someone tried to publish here')
  await expect(offer).toBeVisible()
  await turnedAway.stop()
  await page.getByRole('button', { name: 'Add as source' }).click()
  await expect(offer).toBeHidden()
  await expect(card(page, 'Source 2')).toBeVisible()
  await publisher('live/phone')
  await expect(card(page, 'Source 2').getByText('Receiving')).toBeVisible()

  await page.getByRole('button', { name: 'Remove source Source 2' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(card(page, 'Source 2')).toBeHidden()
})
