// label: full
// Every view: for those who cannot see it or use no pointer, in both languages, on small screens, with very much in it.
import axeCore from 'axe-core'
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures'
import { card, toggle } from './page'
import type { Sluice } from './programs'

/** What axe, the checker of accessibility, finds on the page as it is now. */
async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeCore.source)
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof axeCore }
    const { violations } = await axe.run()
    return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target} ${node.failureSummary}`))
  })
}

async function busyShow(sluice: Sluice, live: string, busy: string) {
  await sluice.addStream({ name: 'Facebook', platform: 'facebook', server: live, key: 'k', enabled: true })
  await sluice.addStream({ name: 'Busy', server: busy, key: 'k', enabled: true })
  await sluice.addStream({ name: 'Off', platform: 'tiktok', server: 'rtmp://127.0.0.1:9/app', key: 'k' })
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any view in ${colorScheme} colours`, async ({ page, sluice, publisher, receiver }) => {
    await page.emulateMedia({ colorScheme })
    await page.goto(sluice.url)
    await expect(page.getByRole('heading', { name: 'Waiting for OBS…' })).toBeVisible()
    expect(await axe(page), 'first visit').toEqual([])

    const [live, busy] = [await receiver(), await receiver('busy')]
    await busyShow(sluice, live.url, busy.url)
    await publisher()
    await expect(card(page, 'Facebook').getByText('The platform is receiving.')).toBeVisible()
    await expect(card(page, 'Busy').getByText('Trying again')).toBeVisible()
    await page.getByRole('button', { name: 'Show the live picture' }).click()
    await page.getByRole('heading', { name: 'What happened' }).click()
    await expect(page.getByRole('button', { name: 'Turn the sound on' })).toBeVisible()
    expect(await axe(page), 'show').toEqual([])

    await page.getByRole('button', { name: 'Add platform' }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    expect(await axe(page), 'choosing a platform').toEqual([])
    await page.getByRole('dialog').getByRole('button', { name: 'Facebook' }).click()
    await expect(page.getByRole('dialog').getByLabel('Server', { exact: true })).toBeVisible()
    expect(await axe(page), 'form').toEqual([])
    await page.keyboard.press('Escape')

    await page.getByRole('button', { name: 'Remove Facebook' }).click()
    expect(await axe(page), 'question').toEqual([])
    await page.keyboard.press('Escape')

    await page.goto(`${sluice.url}dock`)
    await expect(toggle(page, 'Facebook')).toBeVisible()
    expect(await axe(page), 'dock').toEqual([])
  })
}

test.describe('with a browser in French', () => {
  test.use({ locale: 'fr-FR' })

  test('the page is French, and English when a person wants it', async ({ page, sluice, publisher, receiver }) => {
    const [live, busy] = [await receiver(), await receiver('busy')]
    await busyShow(sluice, live.url, busy.url)
    await publisher()
    await page.goto(sluice.url)
    await expect(page.locator('html')).toHaveAttribute('lang', 'fr')
    await expect(card(page, 'Facebook').getByText('La plateforme reçoit.')).toBeVisible()
    await expect(card(page, 'Busy').getByText(/déjà utilisée/)).toBeVisible()
    await expect(page.getByText(/AAC, 48 kHz, stéréo/)).toBeVisible()
    expect(await axe(page)).toEqual([])

    await page.getByLabel('Langue').selectOption('English')
    await expect(page.locator('html')).toHaveAttribute('lang', 'en')
    await expect(card(page, 'Facebook').getByText('The platform is receiving.')).toBeVisible()
    await page.reload()
    await expect(card(page, 'Facebook').getByText('The platform is receiving.')).toBeVisible()
  })

  test('an error of a field is French too', async ({ page, sluice }) => {
    await sluice.addStream({ name: 'Any', server: 'rtmp://127.0.0.1:9/app' })
    await page.goto(sluice.url)
    await page.getByRole('button', { name: 'Modifier Any' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('Serveur', { exact: true }).fill('http://example.org')
    await form.getByRole('button', { name: 'Enregistrer' }).click()
    await expect(form.getByLabel('Serveur', { exact: true })).toHaveAccessibleDescription(/rtmp:\/\/ ou rtmps:\/\//)
  })
})

test('on a narrow phone nothing sticks out to the side, however long a name is', async ({ page, sluice }) => {
  await sluice.addStream({ name: 'x'.repeat(200), server: `rtmp://127.0.0.1:9/${'y'.repeat(200)}` })
  await page.setViewportSize({ width: 360, height: 740 })
  await page.goto(sluice.url)
  await expect(page.getByRole('switch')).toBeVisible()
  const width = () => page.evaluate(() => document.documentElement.scrollWidth)
  expect(await width()).toBe(360)
  expect(await axe(page)).toEqual([])
  await page.getByRole('button', { name: 'Add platform' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  expect(await width()).toBe(360)
  await page.setViewportSize({ width: 300, height: 600 })
  await page.goto(`${sluice.url}dock`)
  await expect(page.getByRole('switch')).toBeVisible()
  expect(await width()).toBe(300)
})

test('the dock shows states and reasons at a glance, and switches', async ({ page, sluice, publisher, receiver }) => {
  const [live, busy] = [await receiver(), await receiver('busy')]
  await busyShow(sluice, live.url, busy.url)
  await publisher()
  await page.setViewportSize({ width: 300, height: 600 })
  await page.goto(`${sluice.url}dock`)
  const row = (name: string) => page.getByRole('listitem').filter({ hasText: name })
  await expect(row('Facebook').getByText(/^Live, /)).toBeVisible()
  await expect(row('Busy').getByText(/in use already/)).toBeVisible()
  await expect(row('Busy').getByRole('button', { name: 'Retry now' })).toBeVisible()
  await toggle(page, 'Facebook').click()
  await expect(row('Facebook').getByText('Off', { exact: true })).toBeVisible()
  expect(await sluice.streams()).toMatchObject([{ name: 'Facebook', enabled: false }, {}, {}])
})

test('axe finds nothing while the connection to sluiced is lost', async ({ page, sluice }) => {
  await sluice.addStream({ name: 'Any', server: 'rtmp://127.0.0.1:9/app' })
  await page.goto(sluice.url)
  await expect(toggle(page, 'Any')).toBeVisible()
  await sluice.stop()
  await expect(page.getByText('Connection to Sluice lost')).toBeVisible()
  expect(await axe(page)).toEqual([])
})

test('two hundred platforms are found, switched and kept up to date', async ({ page, sluice }) => {
  test.slow()
  for (let n = 1; n <= 200; ++n) await sluice.addStream({ name: `Platform ${n}`, server: 'rtmp://127.0.0.1:9/app', key: `${n}` })
  await page.goto(sluice.url)
  await expect(page.getByText('200 platforms')).toBeVisible()
  await page.getByRole('searchbox').fill('form 150')
  await expect(page.getByRole('switch')).toHaveCount(1)
  await toggle(page, 'Platform 150').click()
  await expect(card(page, 'Platform 150').getByText('Waiting', { exact: true })).toBeVisible()
  await page.getByRole('searchbox').fill('')
  await expect(page.getByRole('switch')).toHaveCount(200)
  await sluice.addStream({ name: 'One more', server: 'rtmp://127.0.0.1:9/app', key: 'more' })
  await expect(card(page, 'One more')).toBeAttached()
})
