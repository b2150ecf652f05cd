// One library lives through one fault, in a process of its own: prints what was measured as JSON.
//   node one.mjs '{"library":"jssip","group":"answers","index":3}'
import { groups } from '../faults/index.mjs';
import { day } from './day.mjs';
import { live } from './life.mjs';

const { library, group, index } = JSON.parse(process.argv[2]);
const write = process.stdout.write.bind(process.stdout);
const exit = process.exit.bind(process);
const row = group === 'day' ? day : groups[group][index];
const figures = await live(library, row);
write(JSON.stringify(figures), () => exit(0));
