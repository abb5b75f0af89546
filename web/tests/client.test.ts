import { expect, test } from 'vitest'
import { Api, ApiError, type Fetch } from '../src/api/client'

function api(status: number, body: string) {
  const calls: { url: string; init: RequestInit }[] = []
  const fetcher: Fetch = async (url, init) => {
    calls.push({ url, init })
    return new Response(status === 204 ? null : body, { status })
  }
  return { api: new Api(fetcher), calls }
}

async function failure(call: Promise<unknown>): Promise<ApiError> {
  try {
    await call
  } catch (error) {
    if (error instanceof ApiError) return error
  }
  throw new Error('did not fail with an ApiError')
}

test('a change is sent as JSON to the stream it is for', async () => {
  const { api: client, calls } = api(200, '{"id":3}')
  await client.changeStream(3, { enabled: true })
  expect(calls[0]?.url).toBe('/api/streams/3')
  expect(calls[0]?.init.method).toBe('PUT')
  expect(calls[0]?.init.body).toBe('{"enabled":true}')
})

test('keys and servers are sent as they are, spaces and all', async () => {
  const { api: client, calls } = api(201, '{}')
  await client.addStream({ server: ' rtmp://a/b ', key: 'k?x=1&y= \n' })
  expect(JSON.parse(String(calls[0]?.init.body))).toEqual({ server: ' rtmp://a/b ', key: 'k?x=1&y= \n' })
})

test('an answer without content is no failure', async () => {
  await expect(api(204, '').api.removeStream(1)).resolves.toBeUndefined()
})

test('a problem names its field and says its detail', async () => {
  const { api: client } = api(422, '{"title":"Unprocessable","detail":"Must begin with rtmp://.","field":"server"}')
  const error = await failure(client.addStream({}))
  expect([error.status, error.field, error.message]).toEqual([422, 'server', 'Must begin with rtmp://.'])
})

test('a problem without a detail says its title', async () => {
  expect((await failure(api(404, '{"title":"No such stream"}').api.retryStream(5))).message).toBe('No such stream')
})

test('a problem with a reason tells that', async () => {
  const body = '{"title":"Service Unavailable","reason":{"code":"relay_not_started","text":"x","params":{"why":"no room"}}}'
  expect((await failure(api(503, body).api.changeStream(1, {}))).message).toContain('(no room)')
})

test('an answer that is no problem document still gives a sentence', async () => {
  expect((await failure(api(502, '<html>').api.retryStream(5))).message).toContain('502')
})

test('no answer at all gives a sentence', async () => {
  const error = await failure(new Api(async () => Promise.reject(new TypeError('failed'))).info())
  expect(error.status).toBe(0)
  expect(error.message).toContain('did not answer')
})

test('a test of a server ends early when it is cancelled', async () => {
  const cancel = new AbortController()
  const waiting = new Api((_, init) => new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason))))
  const asked = failure(waiting.probe({ server: 'rtmp://h/a' }, cancel.signal))
  cancel.abort()
  expect((await asked).status).toBe(0)
})
