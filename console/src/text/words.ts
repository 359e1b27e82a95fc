/** What the same things are called on every page. */
export const words = {
  status: { open: 'Open', pending: 'Waiting for customer', onHold: 'On hold', snoozed: 'Snoozed', closed: 'Closed', spam: 'Spam' } as Record<string, string>,
  priority: { low: 'Low', normal: 'Normal', high: 'High', urgent: 'Urgent' } as Record<string, string>,
  priorityOf: (p: string) => `Priority: ${p}`,
  visibility: { public: 'Public', private: 'Private', internal: 'Internal' } as Record<string, string>,
  channel: {
    x: 'X', instagram: 'Instagram', whatsapp: 'WhatsApp', webchat: 'Web chat', email: 'Email', telegram: 'Telegram', messenger: 'Messenger', facebook: 'Facebook', sms: 'SMS', line: 'LINE',
  } as Record<string, string>,
  metric: { firstResponse: 'First response', nextResponse: 'Next response', resolution: 'Resolution' } as Record<string, string>,
  actor: { customer: 'The customer', integrator: 'An integration', bot: 'A bot', system: 'The system', operator: 'An operator', admin: 'An administrator', supervisor: 'A supervisor', agent: 'An agent' } as Record<string, string>,
  sla: {
    left: (t: string) => `${t} left`,
    late: (t: string) => `${t} late`,
    promised: (metric: string, due: string) => `${metric} is promised by ${due}.`,
    missed: (metric: string, due: string) => `${metric} was promised by ${due}.`,
    paused: (metric: string, t: string) => `${metric} stands still with ${t} left.`,
    met: (metric: string, at: string) => `${metric} was in time, at ${at}.`,
    lateAt: (metric: string, at: string, due: string) => `${metric} came late: at ${at}, due ${due}.`,
    lateOnly: (metric: string, at: string) => `${metric} came late, at ${at}.`,
    cancelled: (metric: string) => `${metric} is not owed any more.`,
    policy: (policy: string, started: string) => `Counted from ${started} under the policy "${policy}".`,
    standing: 'paused',
    done: 'in time',
    doneLate: 'was late',
    off: 'not owed',
    label: 'Promises',
  },
};
