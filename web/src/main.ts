// Starts the page.
import { mount } from 'svelte'
import { Api } from './api/client'
import { openWithFetch } from './api/events'
import App from './App.svelte'
import './app.css'
import { Room } from './state/room.svelte'

const room = new Room(new Api(), openWithFetch('/api/events'))
const target = document.getElementById('app')
if (target) mount(App, { target, props: { room } })
