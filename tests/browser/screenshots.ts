// The pictures of the README: a test picture from ffmpeg to three receivers on this machine.
import { expect, test } from './fixtures'

test('the page in the middle of a show', async ({ page, sluice, publisher, receiver }) => {
  for (const [name, platform] of [['Facebook', 'facebook'], ['TikTok', 'tiktok'], ['YouTube', 'youtube']]) {
    const { url } = await receiver()
    await sluice.addStream({ name, platform, server: url, key: 'demo', enabled: true })
  }
  await publisher()
  await page.setViewportSize({ width: 1180, height: 690 })
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto(sluice.url)
  await expect(page.getByText('Live', { exact: true })).toHaveCount(3)
  // Rates are averages over a few seconds.
  await expect(page.getByText(/^[1-9]\d* kbit\/s$|^\d+\.\d Mbit\/s$/)).toHaveCount(3)
  await page.waitForTimeout(12_000)
  await page.screenshot({ path: '../docs/images/page.png' })
})
