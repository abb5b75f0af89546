import { expect, test } from 'vitest'
import { SseParser } from '../src/api/sse'

const stream = 'event: stream\r\ndata: {"id":1}\r\n\r\n: keep-alive\n\nevent: deleted\ndata: {"kind":\ndata: "stream"}\n\n'
const messages = [
  { event: 'stream', data: '{"id":1}' },
  { event: 'deleted', data: '{"kind":\n"stream"}' },
]

test('a stream is read the same wherever it is cut', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const parser = new SseParser()
    expect([...parser.feed(stream.slice(0, cut)), ...parser.feed(stream.slice(cut))]).toEqual(messages)
  }
})

test('a stream is read the same one character at a time', () => {
  const parser = new SseParser()
  expect([...stream].flatMap((character) => parser.feed(character))).toEqual(messages)
})

test('a message that is not yet complete is not delivered', () => {
  expect(new SseParser().feed('event: stream\ndata: {"id":1}\n')).toEqual([])
})

test('an event without data is not delivered, and does not name the next one', () => {
  expect(new SseParser().feed('event: stream\n\ndata: x\n\n')).toEqual([{ event: 'message', data: 'x' }])
})
