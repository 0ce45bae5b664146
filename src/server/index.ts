// Everything `telltale/server` exports: the server whole, or the parts of one.

export type { ControlSource, Follower, FollowOptions } from '../control/follow.ts';
export { follow } from '../control/follow.ts';
export type { Mirror, MirrorStatus, OpenMirrorOptions } from '../control/open-mirror.ts';
export { openMirror } from '../control/open-mirror.ts';
export type { Journal, JournalCounts, JournalEntry } from '../journal/open-journal.ts';
export { openJournal } from '../journal/open-journal.ts';
export type { OpenNetworks, OpenNetworksOptions } from '../network-files/open-networks.ts';
export { openNetworks } from '../network-files/open-networks.ts';
export type { CountedSource, RepeatsOptions } from '../settle/repeats.ts';
export { makeRepeats } from '../settle/repeats.ts';
export type { Repeats, Settler, SettlerOptions } from '../settle/settler.ts';
export { startSettler } from '../settle/settler.ts';
export type { CollectorOptions } from './collector.ts';
export { collector } from './collector.ts';
export type { ControlState } from './control-state.ts';
export type { AppOptions } from './create-app.ts';
export { createApp } from './create-app.ts';
export type { Names, NamesOptions } from './open-names.ts';
export { openNames } from './open-names.ts';
export type { ClientProblem } from './watch-clients.ts';
