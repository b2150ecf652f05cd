import { answers } from '../../faults/answers.mjs';
import { checkAll } from './check.mjs';

checkAll(answers);
