// What the form for a stream says, in both languages. In French, a no-break space stands before : ; ? ! and inside « ».
import type { ProbeStep, SilentAudio } from '../api/types'
import { decimal } from './units'

/** A field whose change ends a session. */
export type Interruption = 'platform' | 'server' | 'backup_server' | 'key' | 'source' | 'tls_ca'

const silentAudios: Record<SilentAudio, string> = {
  auto: 'If the platform needs sound',
  on: 'Always',
  off: 'Never',
}

const probeSteps: Record<ProbeStep['step'], string> = {
  name: 'Find the server’s name',
  tcp: 'Reach the server',
  tls: 'Secure the connection',
  rtmp: 'Be let in as a publisher',
}

const interruptions: Record<Interruption, string> = {
  platform: 'platform',
  server: 'server',
  backup_server: 'backup server',
  key: 'stream key',
  source: 'source',
  tls_ca: 'certificate',
}

const en = {
  edit: (name: string) => `Edit ${name}`,

  platform: 'Platform',
  find: 'Find a platform',
  found: (n: number) => (n === 0 ? 'No platform found. “Another server” takes any.' : n === 1 ? '1 platform found' : `${n} platforms found`),
  noCatalogue: 'The list of platforms could not be read from Sluice. “Another server” works without it.',
  changePlatform: 'Change',
  changePlatformLabel: (name: string) => `Change the platform (${name})`,
  limits: 'What it takes:',
  upTo: (kbps: number) => `up to ${kbps} kbit/s`,
  keyFrameEvery: (seconds: number) => `key frame every ${seconds} s`,
  frames: (fps: number) => `up to ${fps} fps`,
  noBFrames: 'no B-frames',
  soundUpTo: (kbps: number) => `sound up to ${kbps} kbit/s`,
  soundNeeded: 'sound needed',
  portrait: 'portrait',
  hours: (hours: number) => `${hours} h at most`,
  notes: (name: string) => `Good to know about ${name}`,
  onThePlatform: (name: string) => `Pages of ${name}`,
  newTab: 'opens in a new tab',

  name: 'Name',
  nameHelp: 'What you want to call it here.',
  server: 'Server',
  serverHelp: 'Begins with rtmp:// or rtmps:// and ends with the app.',
  serverSame: 'Filled in: the same for everyone.',
  serverForm: (form: string) => `Looks like ${form}`,
  serverFromPlatform: (name: string) => `Copy it from ${name}.`,
  servers: (name: string) => `Servers of ${name}`,
  ownServer: 'Another address',
  needsRtmps: (name: string) => `${name} takes only secure connections: the address must begin with rtmps://.`,

  splitUrl: 'This looks like server and key in one.',
  splitLines: 'This looks like a server and a key.',
  split: 'Split',
  leave: 'Leave as it is',

  key: 'Stream key',
  keyHelp: 'Kept by Sluice and never shown again.',
  keyCustom: 'May be empty if the server wants none.',
  keySet: 'A key is stored.',
  keyNotSet: 'No key is stored.',
  replaceKey: 'Replace',
  keepKey: 'Keep the stored key',
  keyReplaceHelp: 'Replaces the stored key. Left empty, the stored key is removed.',
  paste: 'Paste',
  pasteWhat: (what: string) => `Paste: ${what}`,
  pasteFailed: 'The browser does not allow it. Press long into the field to paste.',
  edgeSpace: 'Begins or ends with a space. It is sent exactly as it stands here.',
  lineBreak: 'Has a line break in it, which cannot be seen here. It is sent exactly as it was pasted.',
  trim: 'Take it out',

  test: 'Test the server',
  testBackup: 'Test the backup server',
  testing: (seconds: number) => `Testing… ${seconds} s`,
  testCancel: 'Stop the test',
  testOk: 'The server answers.',
  testFailed: 'The server does not answer as it should.',
  testSays: 'Nothing was published, and the key was not checked: platforms look at it only when a show begins.',
  steps: probeSteps,
  stepOk: 'worked',
  stepFailed: 'failed',
  milliseconds: (ms: number) => `${ms} ms`,

  source: 'Source',
  breaks: 'When OBS goes away',
  hold: 'Connection lost: keep the show on for (seconds)',
  holdHelp: 'Viewers see a still picture, or your clip. If OBS is not back by then, the show ends. 0: nothing is sent meanwhile.',
  stopGrace: 'Streaming stopped: keep the show on for (seconds)',
  stopGraceHelp: 'For this long you can start again in the same show.',
  silentAudio: 'Send silence when OBS sends no sound',
  silentAudios,
  advanced: 'Advanced',
  backupServer: 'Backup server',
  backupServerHelp: 'Optional. Used with the same key when the server has failed three times in a row.',
  backupOffer: (name: string) => `${name} has a backup server.`,
  backupUse: (server: string) => `Use ${server}`,
  tlsCa: 'Certificate of a private authority (PEM)',
  tlsCaHelp: 'Only for a server of your own whose certificate no public authority signed.',
  tlsCaKeepHelp: 'Left empty, what is stored stays as it is.',
  tlsCaForget: 'Forget a stored certificate',
  enabled: 'Switch it on right away',

  isLive: (name: string) => `“${name}” is live.`,
  isOn: (name: string) => `“${name}” is on.`,
  endsSession: 'A change of platform, server, backup server, key, source or certificate ends its session and begins a new one. Name, breaks and silence change without an interruption.',
  interrupts: (name: string) => `Saving ends the session of “${name}” and begins a new one at once: viewers there see a break, and some platforms end the show.`,
  reconnects: (name: string) => `Saving lets “${name}” connect anew.`,
  because: (changes: readonly Interruption[]) => `Because of what you changed: ${changes.map((one) => interruptions[one]).join(', ')}.`,
  othersGoOn: 'All other streams go on undisturbed.',

  save: 'Save',
  saveAndInterrupt: 'Save and reconnect',
  saving: 'Saving…',
  submitAdd: 'Add',
}

export type FormText = typeof en

const silentAudiosFr: typeof silentAudios = {
  auto: 'Si la plateforme exige du son',
  on: 'Toujours',
  off: 'Jamais',
}

const probeStepsFr: typeof probeSteps = {
  name: 'Trouver le nom du serveur',
  tcp: 'Joindre le serveur',
  tls: 'Sécuriser la connexion',
  rtmp: 'Être admis pour diffuser',
}

const interruptionsFr: typeof interruptions = {
  platform: 'plateforme',
  server: 'serveur',
  backup_server: 'serveur de secours',
  key: 'clé de stream',
  source: 'source',
  tls_ca: 'certificat',
}


const fr: FormText = {
  edit: (name) => `Modifier ${name}`,

  platform: 'Plateforme',
  find: 'Chercher une plateforme',
  found: (n) => (n === 0 ? 'Aucune plateforme trouvée. « Un autre serveur » les accepte toutes.' : n === 1 ? '1 plateforme trouvée' : `${n} plateformes trouvées`),
  noCatalogue: 'La liste des plateformes n’a pas pu être lue dans Sluice. « Un autre serveur » fonctionne sans elle.',
  changePlatform: 'Changer',
  changePlatformLabel: (name) => `Changer de plateforme (${name})`,
  limits: 'Ce qu’elle accepte :',
  upTo: (kbps) => `${kbps} kbit/s au plus`,
  keyFrameEvery: (seconds) => `image clé toutes les ${decimal(seconds)} s`,
  frames: (fps) => `${fps} i/s au plus`,
  noBFrames: 'pas d’images B',
  soundUpTo: (kbps) => `son : ${kbps} kbit/s au plus`,
  soundNeeded: 'son obligatoire',
  portrait: 'format vertical',
  hours: (hours) => `${decimal(hours)} h au plus`,
  notes: (name) => `Bon à savoir sur ${name}`,
  onThePlatform: (name) => `Pages de ${name}`,
  newTab: 'dans un nouvel onglet',

  name: 'Nom',
  nameHelp: 'Le nom que vous voulez lui donner ici.',
  server: 'Serveur',
  serverHelp: 'Commence par rtmp:// ou rtmps:// et se termine par l’application.',
  serverSame: 'Déjà rempli : il est le même pour tout le monde.',
  serverForm: (form) => `Il ressemble à ${form}`,
  serverFromPlatform: (name) => `Copiez-le depuis ${name}.`,
  servers: (name) => `Serveurs de ${name}`,
  ownServer: 'Une autre adresse',
  needsRtmps: (name) => `${name} n’accepte que les connexions sécurisées : l’adresse doit commencer par rtmps://.`,

  splitUrl: 'On dirait le serveur et la clé en un seul morceau.',
  splitLines: 'On dirait un serveur et une clé.',
  split: 'Séparer',
  leave: 'Laisser tel quel',

  key: 'Clé de stream',
  keyHelp: 'Sluice la garde et ne l’affiche plus jamais.',
  keyCustom: 'Elle peut rester vide si le serveur n’en demande pas.',
  keySet: 'Une clé est enregistrée.',
  keyNotSet: 'Aucune clé n’est enregistrée.',
  replaceKey: 'Remplacer',
  keepKey: 'Garder la clé enregistrée',
  keyReplaceHelp: 'Remplace la clé enregistrée. Laissée vide, la clé enregistrée est supprimée.',
  paste: 'Coller',
  pasteWhat: (what) => `Coller : ${what}`,
  pasteFailed: 'Le navigateur ne le permet pas. Appuyez longuement dans le champ pour coller.',
  edgeSpace: 'Commence ou finit par un espace. L’envoi se fait exactement tel quel.',
  lineBreak: 'Contient un saut de ligne, invisible ici. L’envoi se fait exactement tel que collé.',
  trim: 'Enlever',

  test: 'Tester le serveur',
  testBackup: 'Tester le serveur de secours',
  testing: (seconds) => `Test en cours… ${seconds} s`,
  testCancel: 'Arrêter le test',
  testOk: 'Le serveur répond.',
  testFailed: 'Le serveur ne répond pas comme il faut.',
  testSays: 'Rien n’a été diffusé, et la clé n’a pas été vérifiée : les plateformes ne la regardent qu’au début d’une émission.',
  steps: probeStepsFr,
  stepOk: 'réussi',
  stepFailed: 'échoué',
  milliseconds: (ms) => `${ms} ms`,

  source: 'Source',
  breaks: 'Quand OBS s’absente',
  hold: 'Connexion perdue : poursuivre l’émission pendant (secondes)',
  holdHelp: 'Le public voit une image fixe, ou votre séquence. Si OBS n’est pas revenu d’ici là, l’émission se termine. 0 : rien n’est envoyé entre-temps.',
  stopGrace: 'Streaming arrêté : poursuivre l’émission pendant (secondes)',
  stopGraceHelp: 'Pendant ce temps, vous pouvez reprendre la même émission.',
  silentAudio: 'Envoyer du silence quand OBS n’envoie pas de son',
  silentAudios: silentAudiosFr,
  advanced: 'Avancé',
  backupServer: 'Serveur de secours',
  backupServerHelp: 'Facultatif. Utilisé avec la même clé quand le serveur a échoué trois fois de suite.',
  backupOffer: (name) => `${name} a un serveur de secours.`,
  backupUse: (server) => `Utiliser ${server}`,
  tlsCa: 'Certificat d’une autorité privée (PEM)',
  tlsCaHelp: 'Seulement pour un serveur à vous dont aucune autorité publique n’a signé le certificat.',
  tlsCaKeepHelp: 'Laissé vide, ce qui est enregistré reste tel quel.',
  tlsCaForget: 'Oublier un certificat enregistré',
  enabled: 'L’allumer tout de suite',

  isLive: (name) => `« ${name} » est en direct.`,
  isOn: (name) => `« ${name} » est en marche.`,
  endsSession: 'Changer la plateforme, le serveur, le serveur de secours, la clé, la source ou le certificat met fin à sa session et en commence une nouvelle. Le nom, les absences et le silence changent sans interruption.',
  interrupts: (name) => `Enregistrer met fin à la session de « ${name} » et en commence aussitôt une nouvelle : le public y voit une coupure, et certaines plateformes terminent l’émission.`,
  reconnects: (name) => `Enregistrer relance la connexion de « ${name} ».`,
  because: (changes) => `À cause de ce que vous avez changé : ${changes.map((one) => interruptionsFr[one]).join(', ')}.`,
  othersGoOn: 'Tous les autres flux continuent sans être dérangés.',

  save: 'Enregistrer',
  saveAndInterrupt: 'Enregistrer et reconnecter',
  saving: 'Enregistrement…',
  submitAdd: 'Ajouter',
}

export const form = { en, fr }
