import { desk } from './desk';
import { operate } from './operate';
import { shell } from './shell';
import { supervise } from './supervise';
import { timeline } from './timeline';
import { words } from './words';

/** Every text people read: one catalogue, a file for each page. Sentences with values are functions. */
export const text = { ...shell, ...words, ...desk, ...timeline, ...supervise, ...operate };
