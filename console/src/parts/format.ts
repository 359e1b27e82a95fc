import { Refused } from '../api/client';
import type { Conversation } from '../api/types';
import { text } from '../text';

// Dates are shown in the viewer's own zone and habits.
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const timeWithSeconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndTime = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

const sameDay = (a: Date, b: Date) => a.toDateString() === b.toDateString();

/** 14:32 today, else with the day. */
export function when(at: string | number, now = Date.now()): string {
  const date = new Date(at);
  return (sameDay(date, new Date(now)) ? time : dayAndTime).format(date);
}

export const clockTime = (at: string | number) => timeWithSeconds.format(new Date(at));
export const exactly = (at: string | number) => full.format(new Date(at));
export const dayOf = (at: string | number) => day.format(new Date(at));
export const dayKey = (at: string) => new Date(at).toDateString();

/** A span as people say it, of two units at most: 45 s, 3 m 20 s, 2 h 5 m, 4 d. */
export function span(milliseconds: number): string {
  const s = Math.max(0, Math.floor(Math.abs(milliseconds) / 1000));
  if (s < 60) return `${s} s`;
  if (s < 600) return `${Math.floor(s / 60)} m ${String(s % 60).padStart(2, '0')} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} m`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} m`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`;
}

export const channelName = (channel: string) => text.channel[channel] ?? channel;

export const customerName = (c: Conversation) => c.customer?.name || c.customer?.handle || c.customer?.id || text.pane.unknownCustomer;

export function reason(failure: unknown): string {
  if (failure instanceof Refused) return text.refused[failure.problem.code] ?? failure.problem.detail;
  return text.act.unanswered;
}
