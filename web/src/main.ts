// Starts the page.
import App from './App.svelte'
import { start } from './start.svelte'

start(App)
