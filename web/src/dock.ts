// Starts the compact view.
import Dock from './Dock.svelte'
import { start } from './start.svelte'

start(Dock)
