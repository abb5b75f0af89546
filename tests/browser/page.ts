// Where things are on the page, as a person would name them.
import type { Page } from '@playwright/test'

export const card = (page: Page, name: string) => page.getByRole('article', { name, exact: true })
export const toggle = (page: Page, name: string) => page.getByRole('switch', { name, exact: true })
export const cardNames = (page: Page) => page.locator('#platforms article').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))

export interface Wanted {
  name: string
  server: string
  key: string
}

/** Opens the form, chooses a server of one's own and fills it in, without adding it yet. */
export async function fillForm(page: Page, { name, server, key }: Wanted) {
  await page.getByRole('button', { name: 'Add platform' }).click()
  const form = page.getByRole('dialog')
  await form.getByRole('button', { name: 'Another server' }).click()
  await form.getByLabel('Name', { exact: true }).fill(name)
  await form.getByLabel('Server', { exact: true }).fill(server)
  await form.getByLabel('Stream key', { exact: true }).fill(key)
  return form
}

export async function addThroughForm(page: Page, wanted: Wanted) {
  const form = await fillForm(page, wanted)
  await form.getByRole('button', { name: 'Add', exact: true }).click()
}
