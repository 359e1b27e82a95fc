import { type Api, pause, serverNow } from '../api/client';
import type { Change } from '../api/types';

/**
 * What is true of the connection. `live` is only said once nothing of the past is missing any more.
 * Times are the gateway's, in milliseconds.
 */
export type FeedState =
  | { is: 'connecting' }
  | { is: 'catchingUp'; since: number }
  | { is: 'live' }
  | { is: 'reconnecting'; since: number; nextTry: number }
  | { is: 'stopped' };

export interface FeedFigures {
  events: number;
  resets: number;
  connections: number;
  lastHeard: number;
}

interface Handlers {
  onChange: (change: Change) => void;
  /** The gateway could not go on from where we were: everything must be listed again. */
  onReset: () => void;
  onState: (state: FeedState) => void;
  /** The newest value of a state topic. */
  onValue: (topic: string, value: unknown) => void;
}

/** The gateway pings every 15 s; after this long without a byte the connection is dead, whatever the browser thinks. */
const Silence = 40_000;
const [FirstWait, LongestWait] = [500, 30_000];

/** After a connection, quiet for this long means that the past has been told. */
const Quiet = 600;

/**
 * Watches topics by Server-Sent Events. Not EventSource: it cannot send a credential, and hides why it failed.
 * Resumes from the last cursor, so that nothing is missed between connections.
 */
export class Feed {
  readonly figures: FeedFigures = { events: 0, resets: 0, connections: 0, lastHeard: 0 };
  private state: FeedState = { is: 'connecting' };
  private stop = new AbortController();
  private connection = new AbortController();
  private wake: (() => void) | undefined;
  private downSince: number | undefined;
  private gone = false;

  constructor(
    private readonly api: Api,
    private topics: readonly string[],
    private cursor: string,
    private readonly handlers: Handlers,
  ) {
    window.addEventListener('online', this.hurry);
    document.addEventListener('visibilitychange', this.hurry);
    void this.run();
  }

  /** Watches other topics from here on, from the place reached. */
  watch(topics: readonly string[]) {
    if (topics.length === this.topics.length && topics.every((t) => this.topics.includes(t))) return;
    this.topics = topics;
    this.connection.abort('topics');
  }

  close() {
    this.stop.abort();
    this.connection.abort();
    window.removeEventListener('online', this.hurry);
    document.removeEventListener('visibilitychange', this.hurry);
    this.say({ is: 'stopped' });
  }

  private hurry = () => {
    if (document.visibilityState === 'visible') this.wake?.();
  };

  private say(state: FeedState) {
    this.state = state;
    this.handlers.onState(state);
  }

  private async run() {
    let failures = 0;
    while (!this.stop.signal.aborted) {
      this.connection = new AbortController();
      const ended = await this.connect(this.connection);
      if (this.stop.signal.aborted || this.gone) return;
      if (ended.reason === 'topics') continue;
      if (ended.heard) failures = 0;
      this.downSince ??= serverNow();
      // Full jitter: a thousand consoles must not come back in the same moment.
      const wait = ended.retryAfter ?? Math.random() * Math.min(LongestWait, FirstWait * 2 ** failures++) + 100;
      this.say({ is: 'reconnecting', since: this.downSince, nextTry: serverNow() + wait });
      await Promise.race([pause(wait, this.stop.signal), new Promise<void>((resolve) => (this.wake = resolve))]);
      this.wake = undefined;
    }
  }

  private async connect(connection: AbortController): Promise<{ heard: boolean; reason?: string; retryAfter?: number }> {
    let heard = false;
    let retryAfter: number | undefined;
    let silence: ReturnType<typeof setTimeout> | undefined;
    let quiet: ReturnType<typeof setTimeout> | undefined;
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort('silent'), Silence);
      this.figures.lastHeard = serverNow();
    };
    const settle = () => {
      this.downSince = undefined;
      if (this.state.is !== 'live') this.say({ is: 'live' });
    };
    try {
      listen();
      const search = new URLSearchParams(this.topics.map((topic) => ['topic', topic]));
      const response = await fetch(`/v1/feed?${search}`, {
        headers: { ...this.api.headers, Accept: 'text/event-stream', 'Last-Event-ID': this.cursor },
        signal: connection.signal, cache: 'no-store', credentials: 'omit',
      });
      if (response.status === 401 || response.status === 403) {
        this.gone = response.status === 403;
        if (this.gone) this.say({ is: 'stopped' });
        else await this.api.get('/v1/me'); // says that the session has ended, if it has
        return { heard };
      }
      if (!response.ok || !response.body) return { heard };
      this.figures.connections++;
      const connected = serverNow();
      if (this.downSince !== undefined) this.say({ is: 'catchingUp', since: this.downSince });
      quiet = setTimeout(settle, Quiet);
      for await (const frame of frames(response.body)) {
        listen();
        heard = true;
        if (frame.id) this.cursor = frame.id;
        switch (frame.event) {
          case 'change': {
            const change = JSON.parse(frame.data) as Change;
            this.figures.events++;
            this.handlers.onChange(change);
            if (this.state.is === 'catchingUp' || this.state.is === 'connecting') {
              clearTimeout(quiet);
              if (Date.parse(change.at) >= connected - 1_000) settle();
              else quiet = setTimeout(settle, Quiet);
            }
            break;
          }
          case 'state': {
            const { topic, data } = JSON.parse(frame.data) as { topic: string; data: unknown };
            this.handlers.onValue(topic, data);
            break;
          }
          case 'ping':
            settle();
            break;
          case 'reset':
            this.figures.resets++;
            this.handlers.onReset();
            break;
          case 'goaway':
            retryAfter = (JSON.parse(frame.data) as { retryAfterMs: number }).retryAfterMs;
            break;
        }
      }
    } catch {
      // The connection broke; it is made again.
    } finally {
      clearTimeout(silence);
      clearTimeout(quiet);
      connection.abort();
    }
    const reason = connection.signal.reason as unknown;
    return { heard, ...(reason === 'topics' ? { reason } : {}), ...(retryAfter === undefined ? {} : { retryAfter }) };
  }
}

interface Frame {
  id?: string;
  event: string;
  data: string;
}

/** The frames of an event stream (HTML, 9.2.6). */
export async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      let end: number;
      while ((end = rest.indexOf('\n\n')) >= 0) {
        const frame = frameOf(rest.slice(0, end));
        rest = rest.slice(end + 2);
        yield frame; // comments too: they show life
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function frameOf(text: string): Frame {
  const frame: Frame = { event: 'message', data: '' };
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    switch (line.slice(0, colon)) {
      case 'id': frame.id = value; break;
      case 'event': frame.event = value; break;
      case 'data': frame.data += (frame.data ? '\n' : '') + value; break;
    }
  }
  return frame;
}
