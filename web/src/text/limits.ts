// The limits of a platform in one line.
import type { Platform } from '../api/types'
import { text } from '.'

/** Empty when nothing is known. */
export function limits({ video, audio, max_hours }: Platform): string {
  const highest = Math.max(0, ...video.max_kbps.map((row) => row.kbps))
  const keyFrame = video.key_frame_advised_s ?? video.key_frame_max_s
  const parts = [
    highest > 0 ? text.form.upTo(highest) : '',
    keyFrame === null ? '' : text.form.keyFrameEvery(keyFrame),
    video.max_fps === null ? '' : text.form.frames(video.max_fps),
    video.b_frames ? '' : text.form.noBFrames,
    video.portrait ? text.form.portrait : '',
    audio.max_kbps === null ? '' : text.form.soundUpTo(audio.max_kbps),
    audio.required ? text.form.soundNeeded : '',
    max_hours === null ? '' : text.form.hours(max_hours),
  ]
  return parts.filter(Boolean).join(', ')
}
