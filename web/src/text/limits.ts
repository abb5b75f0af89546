// The limits of a platform in one line.
import type { Platform } from '../api/types'
import { formText } from './form_text'

/** Empty when nothing is known. */
export function limits({ video, audio, max_hours }: Platform): string {
  const highest = Math.max(0, ...video.max_kbps.map((row) => row.kbps))
  const keyFrame = video.key_frame_advised_s ?? video.key_frame_max_s
  const parts = [
    highest > 0 ? formText.upTo(highest) : '',
    keyFrame === null ? '' : formText.keyFrameEvery(keyFrame),
    video.max_fps === null ? '' : formText.frames(video.max_fps),
    video.b_frames ? '' : formText.noBFrames,
    video.portrait ? formText.portrait : '',
    audio.max_kbps === null ? '' : formText.soundUpTo(audio.max_kbps),
    audio.required ? formText.soundNeeded : '',
    max_hours === null ? '' : formText.hours(max_hours),
  ]
  return parts.filter(Boolean).join(', ')
}
