// The faults as data, by group: tests/js/chaos lets sipreg meet them, tests/peers JsSIP and SIP.js too.
import { answers } from './answers.mjs';
import { time } from './time.mjs';
import { transport } from './transport.mjs';

export const groups = { transport, answers, time };
