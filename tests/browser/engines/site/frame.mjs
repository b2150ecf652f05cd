import { openGuest } from './hosted.mjs';

globalThis.ready = openGuest();
