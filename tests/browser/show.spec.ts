// label: full
// What a streamer does during a show, with a real publisher and real receivers.
import { expect, test } from './fixtures'
import { addThroughForm, card, cardNames, toggle } from './page'
import { Receiver } from './programs'

test('a “be right back” clip is recorded with its progress, shown and removed', async ({ page, sluice, publisher }) => {
  await sluice.addStream({ name: 'Any', server: 'rtmp://127.0.0.1:9/app' })
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
  await expect(page.getByText('Add your first platform')).toBeVisible()
  expect(await sluice.streams()).toEqual([])
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

test('a platform that cannot be reached says why, and is live once it is back', async ({ page, sluice, publisher, receiver }) => {
  await publisher()
  const first = await receiver()
  await first.stop()
  await sluice.addStream({ name: 'Away', server: first.url, key: 'k', enabled: true })
  await page.goto(sluice.url)
  await expect(card(page, 'Away').getByText('Trying again')).toBeVisible()
  await expect(card(page, 'Away').getByText(/Next try in|Trying…/)).toBeVisible()
  const back = await Receiver.start('accepting', first.port)
  await expect(card(page, 'Away').getByText('The platform is receiving.')).toBeVisible().finally(() => back.stop())
})

test('a platform that refused is tried again at once when a person asks for it', async ({ page, sluice, publisher, receiver }) => {
  await publisher()
  // What has hung up on a publish is left alone for half a minute at least: longer than this test waits.
  const strict = await receiver('hanging up')
  await sluice.addStream({ name: 'Strict', server: strict.url, key: 'k', enabled: true })
  await page.goto(sluice.url)
  await expect(card(page, 'Strict').getByText('Refused', { exact: true })).toBeVisible()
  await strict.stop()
  const kind = await Receiver.start('accepting', strict.port)
  const live = async () => {
    await card(page, 'Strict').getByRole('button', { name: 'Retry now' }).click()
    await expect(card(page, 'Strict').getByText('The platform is receiving.')).toBeVisible()
  }
  await live().finally(() => kind.stop())
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

test('a platform that breaks off in the middle of the show says why', async ({ page, sluice, publisher, receiver }) => {
  await publisher()
  const { url, stop } = await receiver().then((one) => ({ url: one.url, stop: () => one.stop() }))
  await sluice.addStream({ name: 'Fragile', server: url, key: 'k', enabled: true })
  await page.goto(sluice.url)
  await expect(card(page, 'Fragile').getByText('The platform is receiving.')).toBeVisible()
  // A show that ends within five seconds counts as refused.
  await expect(card(page, 'Fragile').getByText(/^0:(0[6-9]|1\d)$/)).toBeVisible()
  await stop()
  await expect(card(page, 'Fragile').getByText(/closed the connection|could not be reached|cannot be reached/)).toBeVisible()
  await expect(card(page, 'Fragile').getByText(/Next try in|Trying…/)).toBeVisible()
})

test('all are switched on and off at once, with a question while people would notice', async ({ page, sluice, publisher, receiver }) => {
  const { url } = await receiver()
  for (const name of ['One', 'Two', 'Three']) await sluice.addStream({ name, server: url, key: name })
  await publisher()
  await page.goto(sluice.url)
  await expect(page.getByText('Receiving')).toBeVisible()

  await page.getByRole('button', { name: 'All on' }).click()
  const question = page.getByRole('dialog')
  await expect(question).toContainText('Switch on 3 platforms?')
  await question.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText('3 platforms · 0 live')).toBeVisible()

  await page.getByRole('button', { name: 'All on' }).click()
  await question.getByRole('button', { name: 'All on' }).click()
  await expect(page.getByText('3 platforms · 3 live')).toBeVisible()

  await page.getByRole('button', { name: 'All off' }).click()
  await expect(question).toContainText('End the show on 3 platforms?')
  await question.getByRole('button', { name: 'All off' }).click()
  await expect(page.getByText('3 platforms · 0 live')).toBeVisible()
  for (const stream of await sluice.streams()) expect(stream).toMatchObject({ enabled: false, state: 'off' })
})

test('without a show all are switched without a question', async ({ page, sluice }) => {
  for (const name of ['One', 'Two']) await sluice.addStream({ name, server: 'rtmp://127.0.0.1:9/app', key: name })
  await page.goto(sluice.url)
  await page.getByRole('button', { name: 'All on' }).click()
  await expect(toggle(page, 'Two')).toHaveAttribute('aria-checked', 'true')
  await expect(card(page, 'One').getByText('Waiting', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'All off' }).click()
  await expect(card(page, 'One').getByText('Off', { exact: true }).first()).toBeVisible()
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('the order is changed with the keys and by dragging, on every page, and stays', async ({ page, context, sluice }) => {
  for (const name of ['One', 'Two', 'Three']) await sluice.addStream({ name, server: 'rtmp://127.0.0.1:9/app', key: name })
  const other = await context.newPage()
  await page.goto(sluice.url)
  await other.goto(sluice.url)
  await page.bringToFront() // A page behind another one draws once a second, and a pointer waits for that.
  const handle = page.getByRole('button', { name: 'Move Three', exact: true })
  await handle.focus()
  await page.keyboard.press('ArrowUp')
  await expect(page.getByText('Three: place 2 of 3')).toBeAttached()
  await expect(handle).toBeFocused()
  await expect.poll(() => cardNames(other)).toEqual(['One', 'Three', 'Two'])

  const from = await page.getByRole('button', { name: 'Move One', exact: true }).boundingBox()
  const to = await card(page, 'Two').boundingBox()
  if (!from || !to) throw new Error('not on the page')
  await page.mouse.move(from.x + 5, from.y + 5)
  await page.mouse.down()
  await page.mouse.move(from.x + 5, to.y + to.height - 2, { steps: 8 })
  await page.mouse.up()
  await expect.poll(() => cardNames(other)).toEqual(['Three', 'Two', 'One'])
  await page.reload()
  await expect.poll(() => cardNames(page)).toEqual(['Three', 'Two', 'One'])
})

test('what happened is told in the event log, can be filtered and downloaded', async ({ page, sluice, publisher, receiver }) => {
  await publisher()
  const { url } = await receiver()
  const busy = await receiver('busy')
  await page.goto(sluice.url)
  await sluice.addStream({ name: 'Calm', server: url, key: 'secret-key', enabled: true })
  await sluice.addStream({ name: 'Busy', server: busy.url, key: 'k', enabled: true })
  await expect(card(page, 'Calm').getByText('The platform is receiving.')).toBeVisible()
  await expect(card(page, 'Busy').getByText('Trying again')).toBeVisible()
  const log = page.locator('details', { has: page.getByRole('heading', { name: 'What happened' }) })
  await log.getByRole('heading').click()
  const entries = log.getByRole('listitem')
  await expect(entries.filter({ hasText: 'Calm' }).filter({ hasText: 'Live' })).toHaveCount(1)
  await expect(entries.filter({ hasText: 'Busy' }).filter({ hasText: /in use already/ }).first()).toBeVisible()

  // It goes on while it is open.
  await toggle(page, 'Calm').click()
  await expect(entries.filter({ hasText: 'Calm' }).filter({ hasText: 'Switched off' })).toHaveCount(1)

  await log.getByRole('combobox').selectOption('Only trouble')
  await expect(entries.filter({ hasText: 'Busy' }).first()).toBeVisible()
  await expect(entries.filter({ hasText: 'Calm' })).toHaveCount(0)
  await log.getByRole('combobox').selectOption('Calm')
  await expect(entries.filter({ hasText: 'Busy' })).toHaveCount(0)

  const saved = page.waitForEvent('download')
  await log.getByRole('button', { name: 'Download' }).click()
  const file = await (await saved).createReadStream()
  let table = ''
  for await (const piece of file) table += piece
  expect(table).toContain('"Calm"')
  expect(table).toContain('"Live"')
  expect(table).not.toContain('secret-key')
})
