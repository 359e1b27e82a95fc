import type { Credential } from './session';

interface OpenId {
  authorizationEndpoint: string;
  tokenEndpoint: string;
  clientId: string;
  scope: string;
}

const Under = 'conversations.openid';
const redirect = () => `${window.location.origin}/console/`;

/** How people may sign in beside keys; null: with keys only. */
export async function openIdSettings(): Promise<OpenId | null> {
  const response = await fetch('/console/settings.json', { cache: 'no-store' });
  return ((await response.json()) as { openId: OpenId | null }).openId;
}

const base64Url = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const random = () => base64Url(crypto.getRandomValues(new Uint8Array(32)));

/** Leaves for the provider: authorization code with PKCE (RFC 7636). */
export async function startOpenId(settings: OpenId) {
  const [verifier, state] = [random(), random()];
  const challenge = base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
  sessionStorage.setItem(Under, JSON.stringify({ verifier, state, back: window.location.pathname }));
  const address = new URL(settings.authorizationEndpoint);
  for (const [name, value] of Object.entries({
    response_type: 'code', client_id: settings.clientId, redirect_uri: redirect(), scope: settings.scope, state, code_challenge: challenge, code_challenge_method: 'S256',
  })) address.searchParams.set(name, value);
  window.location.assign(address);
}

/** Back from the provider: the code becomes a token. Undefined when nobody is coming back. */
export async function finishOpenId(): Promise<Credential | undefined> {
  const answer = new URLSearchParams(window.location.search);
  const began = sessionStorage.getItem(Under);
  if (!began || !(answer.has('code') || answer.has('error'))) return undefined;
  sessionStorage.removeItem(Under);
  const { verifier, state, back } = JSON.parse(began) as { verifier: string; state: string; back: string };
  window.history.replaceState(null, '', back);
  if (answer.get('state') !== state) throw new Error('state');
  if (answer.has('error')) throw new Error(answer.get('error_description') ?? answer.get('error') ?? 'error');
  return token({ grant_type: 'authorization_code', code: answer.get('code') ?? '', redirect_uri: redirect(), code_verifier: verifier });
}

export const refresh = (refreshToken: string) => token({ grant_type: 'refresh_token', refresh_token: refreshToken });

async function token(parameters: Record<string, string>): Promise<Credential> {
  const settings = await openIdSettings();
  if (!settings) throw new Error('off');
  const response = await fetch(settings.tokenEndpoint, { method: 'POST', body: new URLSearchParams({ client_id: settings.clientId, ...parameters }) });
  const body = (await response.json()) as { access_token?: string; refresh_token?: string; error?: string; error_description?: string };
  if (!response.ok || !body.access_token) throw new Error(body.error_description ?? body.error ?? `HTTP ${response.status}`);
  return { token: body.access_token, ...(body.refresh_token ? { refreshToken: body.refresh_token } : {}) };
}
