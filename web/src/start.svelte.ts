// What the page and the compact view begin with: the room, kept up to date, in the language of the person.
import { mount, type Component } from 'svelte'
import { Api } from './api/client'
import { openWithFetch } from './api/events'
import { Room } from './state/room.svelte'
import { speech } from './text/language.svelte'
import './app.css'

export function start(view: Component<{ room: Room }>): void {
  const target = document.getElementById('app')
  if (!target) return
  $effect.root(() => {
    $effect(() => {
      document.documentElement.lang = speech.current
    })
  })
  const room = new Room(new Api(), openWithFetch('/api/events'))
  room.start()
  // After a sleep, or when the network is back, at once instead of at the end of the wait.
  window.addEventListener('online', () => room.reconnect())
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && room.reconnect())
  mount(view, { target, props: { room } })
}
