// What a streamer does on the page, with a real publisher and real receivers.
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures'
import { Receiver } from './programs'

const card = (page: Page, name: string) => page.getByRole('article', { name, exact: true })
const toggle = (page: Page, name: string) => page.getByRole('switch', { name, exact: true })

async function addThroughForm(page: Page, fields: { name: string; server: string; key: string }) {
  await page.getByRole('button', { name: 'Add platform' }).click()
  const form = page.getByRole('dialog')
  await form.getByLabel('Platform').selectOption('Another server')
  await form.getByLabel('Name', { exact: true }).fill(fields.name)
  await form.getByLabel('Server', { exact: true }).fill(fields.server)
  await form.getByLabel('Stream key', { exact: true }).fill(fields.key)
  await form.getByRole('button', { name: 'Add', exact: true }).click()
}

test('the first visit shows the address for OBS and that nothing arrives yet', async ({ page, sluice }) => {
  await page.goto(sluice.url)
  await expect(page.getByText('Waiting for OBS…')).toBeVisible()
  await expect(page.getByText(`rtmp://127.0.0.1:${sluice.rtmpPort}/live`)).toBeVisible()
  await expect(page.getByText('leave it empty')).toBeVisible()
  await expect(page.getByText('No platform yet')).toBeVisible()

  await page.getByRole('button', { name: 'Copy Server' }).click()
  await expect(page.getByText('Copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`rtmp://127.0.0.1:${sluice.rtmpPort}/live`)
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

test('publishing turns waiting into receiving by itself, and back', async ({ page, sluice, publisher }) => {
  await page.goto(sluice.url)
  await expect(page.getByText('Waiting for OBS…')).toBeVisible()
  const obs = await publisher()
  await expect(page.getByText('Receiving')).toBeVisible()
  await expect(page.getByText(/H\.264, 640×360, 25 fps/)).toBeVisible()
  await expect(page.getByText(/AAC, 48 kHz, stereo/)).toBeVisible()
  await obs.stop()
  await expect(page.getByText('Waiting for OBS…')).toBeVisible()
})

test('a “be right back” clip is recorded with its progress, shown and removed', async ({ page, sluice, publisher }) => {
  await page.goto(sluice.url)
  await publisher()
  await page.getByRole('button', { name: 'Record “be right back” (10 s)' }).click()
  await expect(page.getByText(/Recording: .* of 10 s/)).toBeVisible()
  await expect(page.getByRole('progressbar', { name: 'Recorded so far' })).toBeVisible()
  await expect(page.getByText(/“Be right back” clip: 1\d(\.\d)? s, recorded/)).toBeVisible({ timeout: 30_000 })
  await page.getByRole('button', { name: /Remove the clip of/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByRole('button', { name: 'Record “be right back” (10 s)' })).toBeVisible()
})

test('a platform is added, goes live, goes off, is edited and removed', async ({ page, sluice, publisher, receiver }) => {
  await publisher()
  const { url } = await receiver()
  await page.goto(sluice.url)
  await addThroughForm(page, { name: 'My platform', server: url, key: 'a-key' })
  await expect(card(page, 'My platform').getByText('Nothing is sent.')).toBeVisible()
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(page.getByText('a-key')).toHaveCount(0)

  await toggle(page, 'My platform').click()
  await expect(toggle(page, 'My platform')).toHaveAttribute('aria-checked', 'true')
  await expect(card(page, 'My platform').getByText('The platform is receiving.')).toBeVisible()
  await expect(card(page, 'My platform').getByText(/^[1-9]\d* kbit\/s$|^\d+\.\d Mbit\/s$/)).toBeVisible()

  await toggle(page, 'My platform').click()
  await expect(toggle(page, 'My platform')).toHaveAttribute('aria-checked', 'false')
  await expect(card(page, 'My platform').getByText('Nothing is sent.')).toBeVisible()

  await page.getByRole('button', { name: 'Edit My platform' }).click()
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Renamed')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(card(page, 'Renamed')).toBeVisible()
  expect(await sluice.streams()).toMatchObject([{ name: 'Renamed', server: url, key_set: true }])

  await page.getByRole('button', { name: 'Remove Renamed' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await expect(card(page, 'Renamed')).toBeVisible()
  await page.getByRole('button', { name: 'Remove Renamed' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(page.getByText('No platform yet')).toBeVisible()
  expect(await sluice.streams()).toEqual([])
})

test('a wrong server is told at its field, and can be put right', async ({ page, sluice }) => {
  await page.goto(sluice.url)
  await addThroughForm(page, { name: 'Wrong', server: 'http://example.org/app', key: '' })
  const server = page.getByRole('dialog').getByLabel('Server', { exact: true })
  await expect(server).toHaveAttribute('aria-invalid', 'true')
  await expect(server).toHaveAccessibleDescription(/rtmp/)
  await server.fill('rtmp://127.0.0.1:9/app')
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await expect(card(page, 'Wrong')).toBeVisible()
})

test('how a stream holds is set in the form, told at its field when wrong, and kept', async ({ page, sluice }) => {
  await sluice.addStream({ name: 'Bridged', server: 'rtmp://127.0.0.1:9/app' })
  await page.goto(sluice.url)
  await page.getByRole('button', { name: 'Edit Bridged' }).click()
  const form = page.getByRole('dialog')
  const breaks = form.getByText('When OBS goes away')
  const hold = form.getByLabel(/^Connection lost/)
  await expect(hold).toBeHidden()
  await breaks.click()
  await expect(hold).toHaveValue('60')
  await form.getByLabel(/^Streaming stopped/).fill('0')
  await form.getByLabel(/^Send silence/).selectOption('Never')
  await hold.fill('')
  await breaks.click()
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(hold).toBeVisible()
  await expect(hold).toHaveAttribute('aria-invalid', 'true')
  await hold.fill('3601')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(hold).toHaveAccessibleDescription(/0 to 3600/)
  await hold.fill('300')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form).toBeHidden()
  expect(await sluice.streams()).toMatchObject([{ hold_s: 300, stop_grace_s: 0, silent_audio: 'off' }])
})

test('a change of a stream folded in what a person had opened in the form', async ({ page, sluice }) => {
  await sluice.addStream({ name: 'Edited', server: 'rtmp://127.0.0.1:9/app' })
  await page.goto(sluice.url)
  await page.getByRole('button', { name: 'Edit Edited' }).click()
  const form = page.getByRole('dialog')
  await form.getByText('When OBS goes away').click()
  await form.getByText('Advanced').click()
  await form.getByLabel(/^Connection lost/).fill('90')
  await sluice.addStream({ name: 'Meanwhile', server: 'rtmp://127.0.0.1:9/app' })
  await expect(page.getByText(/^Another stream sends/)).toHaveCount(2)
  await expect(form.getByLabel(/^Connection lost/)).toBeVisible()
  await expect(form.getByLabel(/^Connection lost/)).toHaveValue('90')
  await expect(form.getByLabel('Backup server')).toBeVisible()
})

test('a stream whose source breaks off counts down, and tells when its show was ended', async ({ page, sluice, publisher, receiver }) => {
  const obs = await publisher()
  const { url } = await receiver()
  await sluice.addStream({ name: 'Broken', server: url, enabled: true })
  await page.goto(sluice.url)
  await expect(card(page, 'Broken').getByText('The platform is receiving.')).toBeVisible()
  await obs.breakOff()
  await expect(card(page, 'Broken').getByText('Holding', { exact: true })).toBeVisible()
  await expect(card(page, 'Broken').getByText(/^The connection to the source broke/)).toBeVisible()
  await expect(card(page, 'Broken').getByText(/^The show ends in \d+ s unless/)).toBeVisible()
  const [stream] = await sluice.streams()
  await sluice.changeStream(stream?.id, { hold_s: 1 })
  await expect(card(page, 'Broken').getByText(/^The source did not come back in time/)).toBeVisible()
})

test('a platform that cannot be reached says why, and live once it is back', async ({ page, sluice, publisher, receiver }) => {
  await publisher()
  const first = await receiver()
  await first.stop()
  await sluice.addStream({ name: 'Away', server: first.url, key: 'k', enabled: true })
  await page.goto(sluice.url)
  await expect(card(page, 'Away').getByText('Trying again')).toBeVisible()
  await expect(card(page, 'Away').getByText(/Next try in|Trying…/)).toBeVisible()
  const back = await Receiver.start('accepting', first.port)
  try {
    await card(page, 'Away').getByRole('button', { name: 'Retry now' }).click()
    await expect(card(page, 'Away').getByText('The platform is receiving.')).toBeVisible()
  } finally {
    await back.stop()
  }
})

test('a platform that says no is shown with what it said', async ({ page, sluice, publisher, receiver }) => {
  await publisher()
  const busy = await receiver('busy')
  const hangingUp = await receiver('hanging up')
  await sluice.addStream({ name: 'Busy', server: busy.url, key: 'k', enabled: true })
  await sluice.addStream({ name: 'Strict', server: hangingUp.url, key: 'k', enabled: true })
  await page.goto(sluice.url)
  await expect(card(page, 'Busy').getByText('Trying again')).toBeVisible()
  await expect(card(page, 'Busy').getByText(/in use already/)).toBeVisible()
  await expect(card(page, 'Strict').getByText('Refused', { exact: true })).toBeVisible()
  await expect(card(page, 'Strict').getByRole('button', { name: 'Retry now' })).toBeVisible()
})

test('a publisher with a key that is no source is offered, and let in with one click', async ({ page, sluice, publisher }) => {
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

test('two open pages stay in step', async ({ page, context, sluice }) => {
  const other = await context.newPage()
  await page.goto(sluice.url)
  await other.goto(sluice.url)
  await addThroughForm(page, { name: 'Shared', server: 'rtmp://127.0.0.1:9/app', key: '' })
  await expect(card(other, 'Shared')).toBeVisible()
  await toggle(other, 'Shared').click()
  await expect(toggle(page, 'Shared')).toHaveAttribute('aria-checked', 'true')
  await expect(card(page, 'Shared').getByText('Waiting', { exact: true })).toBeVisible()
})

test('the page says when it has lost sluiced, and catches up when it is back', async ({ page, sluice }) => {
  await page.goto(sluice.url)
  await expect(page.getByText('Connected')).toBeVisible()
  await sluice.stop()
  await expect(page.getByText('Connection to Sluice lost')).toBeVisible()
  await sluice.resume()
  await sluice.addStream({ name: 'New meanwhile', server: 'rtmp://127.0.0.1:9/app' })
  await expect(page.getByText('Connected')).toBeVisible()
  await expect(page.getByText('Connection to Sluice lost')).toBeHidden()
  await expect(card(page, 'New meanwhile')).toBeVisible()
})

test('a stream can be switched with the keyboard alone', async ({ page, sluice }) => {
  await sluice.addStream({ name: 'Keys', server: 'rtmp://127.0.0.1:9/app' })
  await page.goto(sluice.url)
  await toggle(page, 'Keys').focus()
  await page.keyboard.press('Space')
  await expect(toggle(page, 'Keys')).toHaveAttribute('aria-checked', 'true')
  await page.keyboard.press('Enter')
  await expect(toggle(page, 'Keys')).toHaveAttribute('aria-checked', 'false')
})

test('on a narrow phone nothing sticks out to the side, however long a name is', async ({ page, sluice }) => {
  await sluice.addStream({ name: 'x'.repeat(200), server: `rtmp://127.0.0.1:9/${'y'.repeat(200)}` })
  await page.setViewportSize({ width: 360, height: 740 })
  await page.goto(sluice.url)
  await expect(page.getByRole('switch')).toBeVisible()
  const width = () => page.evaluate(() => document.documentElement.scrollWidth)
  expect(await width()).toBe(360)
  await page.getByRole('button', { name: 'Add platform' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
  expect(await width()).toBe(360)
})
