import { expect, test } from 'vitest'
import type { Platforms } from '../src/api/types'
import { Catalogue, matching } from '../src/state/catalogue.svelte'
import { hue, letters } from '../src/state/platform_mark'
import { limits } from '../src/text/limits'
import { all, chzzk, facebook, platform, tiktok } from './platforms'

const plainSpaces = (words: string) => words.replaceAll('\u00a0', ' ')
const answer = (platforms = all): Platforms => ({ from: 'built_in', problem: null, platforms })

test('a server of one’s own is the last of the list, and there before anything is read', async () => {
  const catalogue = new Catalogue(async () => answer())
  expect(catalogue.platforms.map(({ id }) => id)).toEqual(['custom'])
  await catalogue.load()
  expect(catalogue.platforms.map(({ id }) => id)).toEqual([...all.map(({ id }) => id), 'custom'])
})

test('a platform that is not in the catalogue is called by its id, and nothing is known of it', async () => {
  const catalogue = new Catalogue(async () => answer())
  await catalogue.load()
  expect(catalogue.of('facebook').name).toBe('Facebook')
  expect(catalogue.of('brand-new')).toMatchObject({ id: 'brand-new', name: 'brand-new', servers: [], rtmps: 'unknown' })
  expect(limits(catalogue.of('brand-new'))).toBe('')
})

test('a custom in the file does not stand there twice', async () => {
  const catalogue = new Catalogue(async () => answer([platform({ id: 'custom', name: 'Mine' })]))
  await catalogue.load()
  expect(catalogue.platforms).toHaveLength(1)
})

test('what was read stays when it cannot be read again', async () => {
  let works = true
  const catalogue = new Catalogue(async () => (works ? answer() : Promise.reject(new Error('gone'))))
  await catalogue.load()
  works = false
  await catalogue.load()
  expect([catalogue.failed, catalogue.loaded, catalogue.platforms.length]).toEqual([true, true, all.length + 1])
})

test('platforms are found by parts of their name or id, in any spelling', () => {
  const named = [platform({ id: 'tele', name: 'Télé Direct' }), ...all]
  expect(matching(named, 'tele').map(({ id }) => id)).toEqual(['tele'])
  expect(matching(named, ' TUBE ').map(({ id }) => id)).toEqual(['youtube'])
  expect(matching(named, 'direct télé')).toHaveLength(1)
  expect(matching(named, '')).toHaveLength(named.length)
  expect(matching(named, 'nowhere')).toEqual([])
})

test('a mark has one or two letters of the name', () => {
  const names = ['YouTube', 'Facebook', 'X', 'VK', 'SOOP Global', 'niconico', 'OK.ru', 'CHZZK', 'émission libre', '']
  expect(names.map(letters)).toEqual(['YT', 'Fa', 'X', 'VK', 'SG', 'Ni', 'OR', 'CH', 'ÉL', ''])
})

test('a mark’s colour belongs to the id and is an angle', () => {
  expect(hue('facebook')).toBe(hue('facebook'))
  expect(new Set(all.map(({ id }) => hue(id))).size).toBeGreaterThan(all.length - 2)
  for (const { id } of all) expect(hue(id)).toBeLessThan(360)
})

test('the limits stand in one line, and only those that are known', () => {
  expect(plainSpaces(limits(facebook))).toBe('up to 9000 kbit/s, key frame every 2 s, sound up to 256 kbit/s, sound needed, 8 h at most')
  expect(plainSpaces(limits(chzzk))).toBe('key frame every 1 s, no B-frames')
  expect(limits(tiktok)).toBe('portrait')
})
