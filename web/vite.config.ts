// How the page is built: static files without inline code or data URLs, so that sluiced can serve them
// under the policy `default-src 'self'`.
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const sluiced = process.env.SLUICE_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The player, loaded on demand, is larger than what vite thinks a file should be.
    chunkSizeWarningLimit: 800,
    rollupOptions: { input: ['index.html', 'dock.html'] },
  },
  // texts: sentences that the page shares with the programs.
  server: { fs: { allow: ['.', '../texts'] }, proxy: { '/api': { target: sluiced, changeOrigin: true } } },
  test: { include: ['tests/**/*.test.ts'] },
})
