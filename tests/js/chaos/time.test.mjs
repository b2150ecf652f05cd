import { time } from '../../faults/time.mjs';
import { checkAll } from './check.mjs';

checkAll(time);
