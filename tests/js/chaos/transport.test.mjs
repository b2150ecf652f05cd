import { transport } from '../../faults/transport.mjs';
import { checkAll } from './check.mjs';

checkAll(transport);
