// What a platform will not like of a source, and what to change in OBS, in both languages. Where a menu of OBS is named it
// is as OBS names it in that language.
import type { AdviceCode, AdviceParams } from '../state/lint'
import { codec } from './format'
import { decimal } from './units'

export interface AdviceWords {
  /** What is wrong, in a few words. */
  title: string
  /** What was measured, and what is wanted. */
  detail: string
  /** What to do. Empty: nothing. */
  fix: string
}

type Sentences = { [C in AdviceCode]: (params: AdviceParams[C]) => AdviceWords }

const listed = (items: string[], or: string) => items.join(', ').replace(/, ([^,]*)$/, ` ${or} $1`)
const khz = (hz: number) => hz / 1000

const sentences: Sentences = {
  video_codec: ({ codec: name, wanted }) => ({
    title: 'Cannot be shown there',
    detail: `The picture is ${codec(name)}; only ${listed(wanted.map(codec), 'or')} can be shown.`,
    fix: 'OBS: Settings → Output → Streaming → Video Encoder: choose one for H.264, such as x264.',
  }),
  audio_codec: ({ codec: name, wanted }) => ({
    title: 'Cannot be heard there',
    detail: `The sound is ${codec(name)}; only ${listed(wanted.map(codec), 'or')} can be heard.`,
    fix: 'OBS: Settings → Output → Streaming → Audio Encoder: choose one for AAC.',
  }),
  rtmps: () => ({
    title: 'Not a secure connection',
    detail: 'The server address begins with rtmp://, but only secure connections are taken.',
    fix: 'Edit the stream: its server must begin with rtmps://.',
  }),
  video_kbps: ({ kbps, max }) => ({
    title: 'Bitrate too high',
    detail: `${kbps} kbit/s of video; for such a picture at most ${max} kbit/s are taken.`,
    fix: `OBS: Settings → Output → Video Bitrate: ${max} Kbps or less.`,
  }),
  audio_kbps: ({ kbps, max }) => ({
    title: 'Bitrate of the sound too high',
    detail: `${kbps} kbit/s of sound; at most ${max} kbit/s are taken.`,
    fix: `OBS: Settings → Output → Audio Bitrate: ${max} or less.`,
  }),
  key_frames: ({ seconds, wanted, strict }) => ({
    title: 'Key frames too far apart',
    detail: `One every ${seconds} s${strict ? ', which may be refused' : ''}; wanted is one every ${wanted} s.`,
    fix: `OBS: Settings → Output → Output Mode: Advanced → Streaming → Keyframe Interval: ${wanted} s.`,
  }),
  b_frames: () => ({
    title: 'B-frames are not taken',
    detail: 'The picture has B-frames.',
    fix: 'OBS: Settings → Output → Output Mode: Advanced → Streaming → B-Frames: 0; with x264 write bframes=0 into x264 Options.',
  }),
  frame_rate: ({ fps, max }) => ({
    title: 'Too many frames per second',
    detail: `${Math.round(fps * 100) / 100} fps; at most ${max} are taken.`,
    fix: `OBS: Settings → Video → Common FPS Values: ${max} or less.`,
  }),
  portrait: () => ({
    title: 'Viewers watch in portrait',
    detail: 'The picture is wider than it is high.',
    fix: 'OBS: Settings → Video → Output (Scaled) Resolution: 1080x1920 or 720x1280, and the same shape for the Base (Canvas) Resolution.',
  }),
  no_audio: () => ({
    title: 'Sound is missing',
    detail: 'OBS sends no sound, and without sound no show is taken.',
    fix: 'OBS: Settings → Audio: choose a device. Or let Sluice send silence: edit the stream, “When OBS goes away”.',
  }),
  silence_sent: () => ({
    title: 'Silence is sent',
    detail: 'OBS sends no sound. Since sound is needed there, Sluice sends silence.',
    fix: '',
  }),
  sample_rate: ({ rate, wanted }) => ({
    title: 'Another sample rate is wanted',
    detail: `${khz(rate)} kHz; wanted is ${listed(wanted.map((hz) => `${khz(hz)}`), 'or')} kHz.`,
    fix: `OBS: Settings → Audio → Sample Rate: ${khz(wanted[0] ?? rate)} kHz.`,
  }),
}

const en = {
  title: 'Before you go live',
  none: 'Fits all platforms that are on.',
  levels: { blocked: 'Cannot be shown', warning: 'Warning', note: 'Note' },
  /** For which streams. */
  names: (names: readonly string[]) => listed([...names], 'and'),
  more: (n: number) => `${n} more`,
  sentences,
}

export type AdviceText = typeof en


const sentencesFr: Sentences = {
  video_codec: ({ codec: name, wanted }) => ({
    title: 'Ne peut pas y être affiché',
    detail: `L’image est en ${codec(name)} ; seul le format ${listed(wanted.map(codec), 'ou')} peut être affiché.`,
    fix: 'OBS : Paramètres → Sortie → Streaming → Encodeur vidéo : choisissez-en un pour H.264, par exemple x264.',
  }),
  audio_codec: ({ codec: name, wanted }) => ({
    title: 'Ne peut pas y être entendu',
    detail: `Le son est en ${codec(name)} ; seul le format ${listed(wanted.map(codec), 'ou')} peut être entendu.`,
    fix: 'OBS : Paramètres → Sortie → Streaming → Encodeur audio : choisissez-en un pour AAC.',
  }),
  rtmps: () => ({
    title: 'Connexion non sécurisée',
    detail: 'L’adresse du serveur commence par rtmp://, alors que seules les connexions sécurisées sont acceptées.',
    fix: 'Modifiez le flux : son serveur doit commencer par rtmps://.',
  }),
  video_kbps: ({ kbps, max }) => ({
    title: 'Débit trop élevé',
    detail: `${kbps} kbit/s de vidéo ; pour une telle image, ${max} kbit/s au plus sont acceptés.`,
    fix: `OBS : Paramètres → Sortie → Débit vidéo : ${max} Kbps ou moins.`,
  }),
  audio_kbps: ({ kbps, max }) => ({
    title: 'Débit du son trop élevé',
    detail: `${kbps} kbit/s de son ; ${max} kbit/s au plus sont acceptés.`,
    fix: `OBS : Paramètres → Sortie → Débit audio : ${max} ou moins.`,
  }),
  key_frames: ({ seconds, wanted, strict }) => ({
    title: 'Images clés trop espacées',
    detail: `Une toutes les ${decimal(seconds)} s${strict ? ', ce qui peut être refusé' : ''} ; il en faut une toutes les ${decimal(wanted)} s.`,
    fix: `OBS : Paramètres → Sortie → Mode de sortie : Avancé → Streaming → Intervalle d’images clés : ${decimal(wanted)} s.`,
  }),
  b_frames: () => ({
    title: 'Images B non acceptées',
    detail: 'L’image contient des images B.',
    fix: 'OBS : Paramètres → Sortie → Mode de sortie : Avancé → Streaming → Images B : 0 ; avec x264, écrivez bframes=0 dans les options x264.',
  }),
  frame_rate: ({ fps, max }) => ({
    title: 'Trop d’images par seconde',
    detail: `${decimal(Math.round(fps * 100) / 100)} i/s ; ${max} au plus sont acceptées.`,
    fix: `OBS : Paramètres → Vidéo → Valeurs courantes pour le débit d’images (FPS) : ${max} ou moins.`,
  }),
  portrait: () => ({
    title: 'Le public regarde en format vertical',
    detail: 'L’image est plus large que haute.',
    fix: 'OBS : Paramètres → Vidéo → Résolution de sortie (mise à l’échelle) : 1080x1920 ou 720x1280, et la même forme pour la résolution de base (canevas).',
  }),
  no_audio: () => ({
    title: 'Le son manque',
    detail: 'OBS n’envoie pas de son, et sans son le direct n’est pas accepté.',
    fix: 'OBS : Paramètres → Audio : choisissez un périphérique. Ou laissez Sluice envoyer du silence : modifiez le flux, « Quand OBS s’absente ».',
  }),
  silence_sent: () => ({
    title: 'Du silence est envoyé',
    detail: 'OBS n’envoie pas de son. Comme il en faut ici, Sluice envoie du silence.',
    fix: '',
  }),
  sample_rate: ({ rate, wanted }) => ({
    title: 'Autre fréquence d’échantillonnage demandée',
    detail: `${decimal(khz(rate))} kHz ; il faut ${listed(wanted.map((hz) => decimal(khz(hz))), 'ou')} kHz.`,
    fix: `OBS : Paramètres → Audio → Fréquence d’échantillonnage : ${decimal(khz(wanted[0] ?? rate))} kHz.`,
  }),
}

const fr: AdviceText = {
  title: 'Avant de passer en direct',
  none: 'Convient à toutes les plateformes allumées.',
  levels: { blocked: 'Impossible', warning: 'Attention', note: 'À savoir' },
  names: (names) => listed([...names], 'et'),
  more: (n) => `${n} de plus`,
  sentences: sentencesFr,
}

export const advice = { en, fr }
