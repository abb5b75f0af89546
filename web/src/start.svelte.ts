// What the page and the compact view begin with: the room, in the language of the person.
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
  mount(view, { target, props: { room: new Room(new Api(), openWithFetch('/api/events')) } })
}
