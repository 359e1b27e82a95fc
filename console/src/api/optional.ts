import { useQuery } from '@tanstack/react-query';
import type { Agent, Conversation } from './types';

// Parts of the API that the gateway a console talks to may not have. What it has it says in its own API document; what it has not
// is not shown.

async function paths(): Promise<ReadonlySet<string>> {
  const response = await fetch('/openapi/v1.json');
  const document = (await response.json()) as { paths: Record<string, unknown> };
  return new Set(Object.keys(document.paths));
}

/** @param meanwhile What is assumed until the document has come. */
export function useApiHas(path: string, meanwhile = false): boolean {
  const known = useQuery({ queryKey: ['api'], queryFn: paths, staleTime: Number.POSITIVE_INFINITY });
  return known.data?.has(path) ?? meanwhile;
}

export interface Offer {
  id: string;
  agent: string;
  agents?: readonly string[];
  expiresAt: string;
}

export const offerTo = (c: Conversation, agent: string): Offer | undefined => {
  const offer = c.routing.offer as Offer | null;
  return offer && (offer.agents ?? [offer.agent]).includes(agent) ? offer : undefined;
};

/** Everybody who serves a queue, page by page. */
export interface AgentList {
  items: readonly { state: string; agent: Agent }[];
  nextCursor: string | null;
}

/** Who is at a conversation beside its owner (routing.md 10). */
export interface Supervision {
  monitors: readonly { by: string; since: string; until: string }[];
  participants: readonly string[];
}

export const supervisionOf = (c: Conversation) => (c as { supervision?: Supervision | null }).supervision ?? null;

/** Why a conversation is where it is (routing.md 3). */
export interface RoutingExplanation {
  state: string;
  reason: string | null;
  since: string | null;
  failed: number;
  why: {
    position: number;
    boost: number;
    boosts: readonly { reason?: string | null; seconds?: number }[];
    skills: readonly { skill: string; minLevel: number }[];
    waitsFor: string | null;
    eligible: number;
    notNow: Record<string, number>;
  } | null;
  offers: readonly { offer: string; agent: string; madeAt: string; endedAt: string; outcome: string; reason: string | null }[];
}

export interface DueExplanation {
  start: string;
  seconds: number;
  due: string | null;
  timezone: string;
  segments: readonly { from: string; to: string; seconds: number }[];
  skipped: readonly { reason: string; seconds: number; date?: string; name?: string | null }[];
}

/** Why a promise is due when it is (sla.md R-CA6). */
export interface SlaExplanation {
  clocks: readonly {
    metric: string;
    status: string;
    explanation?: DueExplanation | null;
  }[];
}

interface Spread {
  p50: number | null;
  p90: number | null;
}

interface Tile {
  queue: string | null;
  ignored: number;
  unanswered: { under5Minutes: number; under1Hour: number; under4Hours: number; under24Hours: number; older: number };
  rolling: { answered: number; abandoned: number; serviceLevel: number | null; wait: Spread; firstResponseWall: Spread };
}

/** How the queues stand (reports.md 1). Times in seconds. */
export interface Wallboard {
  total: Tile;
  queues: readonly Tile[];
}
