import type { Problem } from './types';

/** The API refused; nothing was done. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** Nobody answered, or nobody knows: the request may have been carried out. */
export class Unanswered extends Error {}

/** How far this computer's clock is behind the gateway's, in milliseconds; countdowns are about the gateway's. */
let skew = 0;
let skewFrom = Number.POSITIVE_INFINITY;

/** A difference that no slow answer explains: this computer's clock was set. */
const ClockWasSet = 5_000;

export const serverNow = () => Date.now() + skew;

function learnTime(response: Response, took: number) {
  const told = Date.parse(response.headers.get('Date') ?? '');
  // The header has whole seconds, and the answer travelled: the quickest answer tells best. Small differences are noise.
  if (Number.isNaN(told)) return;
  const difference = told + 500 - (Date.now() - took / 2);
  if (took > skewFrom && Math.abs(difference - skew) < Math.max(ClockWasSet, took)) return;
  skewFrom = took;
  skew = Math.abs(difference) < 1500 ? 0 : difference;
}

export interface Ask {
  method?: 'GET' | 'POST' | 'DELETE' | 'PUT';
  body?: unknown;
  ifMatch?: number;
  /** The same key for every attempt at one and the same wish. */
  key?: string;
  signal?: AbortSignal;
}

type Answered<T> = { body: T; seq: number | undefined };

/** The API as one caller. */
export class Api {
  constructor(
    readonly token: () => string,
    private readonly onSessionEnd: () => void,
  ) {}

  get headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.token()}` };
  }

  async ask<T>(path: string, { method = 'GET', body, ifMatch, key, signal }: Ask = {}): Promise<Answered<T>> {
    const headers: Record<string, string> = this.headers;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (ifMatch !== undefined) headers['If-Match'] = `"${ifMatch}"`;
    if (key !== undefined) headers['Idempotency-Key'] = key;
    const began = performance.now();
    let response: Response;
    let text: string;
    try {
      response = await fetch(path, {
        method, headers, signal: signal ?? null, cache: 'no-store', credentials: 'omit', ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (failure) {
      if (signal?.aborted) throw failure;
      throw new Unanswered();
    }
    learnTime(response, performance.now() - began);
    if (response.status === 401) this.onSessionEnd();
    if (!response.ok) throw problemOf(response.status, text);
    const tag = /"(\d+)"/.exec(response.headers.get('ETag') ?? '')?.[1];
    return { body: (text ? JSON.parse(text) : undefined) as T, seq: tag === undefined ? undefined : Number(tag) };
  }

  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await this.ask<T>(path, signal ? { signal } : {})).body;
  }

  /**
   * A write, repeated with the same key until it is answered: a time-out, a restart or a lost connection is an unknown outcome,
   * and the key makes repeating harmless (api.md 1).
   */
  async write<T>(path: string, ask: Ask, onWaiting?: (attempt: number) => void): Promise<Answered<T>> {
    const key = ask.key ?? crypto.randomUUID();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.ask<T>(path, { method: 'POST', ...ask, key });
      } catch (failure) {
        const again = failure instanceof Unanswered || (failure instanceof Refused && [429, 502, 503, 504].includes(failure.problem.status));
        if (!again || ask.signal?.aborted || attempt >= 100) throw failure;
        onWaiting?.(attempt);
        await pause(Math.min(500 * 2 ** (attempt - 1), 3_000) * (0.5 + Math.random() / 2), ask.signal);
      }
    }
  }
}

function problemOf(status: number, text: string): Error {
  try {
    const problem = JSON.parse(text) as Problem;
    if (status === 504 && problem.code === 'outcome_unknown') return new Unanswered();
    return new Refused({ ...problem, status, code: problem.code ?? `http_${status}`, detail: problem.detail ?? text });
  } catch {
    return status >= 500 ? new Unanswered() : new Refused({ status, code: `http_${status}`, detail: text.slice(0, 300) });
  }
}

export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

export function query(path: string, parameters: Record<string, string | number | boolean | undefined | null>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  return `${path}?${search}`;
}
