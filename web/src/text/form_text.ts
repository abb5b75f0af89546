// The words of the form, in the language of the page. They come with the form when it is first opened, not with the page.
import { form, type FormText } from './form'
import { speech } from './language.svelte'

export const formText: FormText = new Proxy(form.en, { get: (_, name) => Reflect.get(form[speech.current], name) })
