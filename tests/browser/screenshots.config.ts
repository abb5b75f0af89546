// Makes the pictures in docs/images: `npm run screenshots` in web/.
import { defineConfig } from '@playwright/test'
import tests from './playwright.config'

export default defineConfig({ ...tests, testMatch: 'screenshots.ts' })
