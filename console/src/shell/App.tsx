import { ActionIcon, Button, Group, Menu, Modal, Stack, Text, Tooltip, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useEffect } from 'react';
import { useApiHas } from '../api/optional';
import { Desk } from '../desk/Desk';
import { countDrafts, dropDrafts } from '../desk/drafts';
import { IconChevronDown, IconKeyboard, IconLogout, IconMoon, IconSun, IconUser } from '../parts/icons';
import { MoveToasts } from '../supervise/MoveToasts';
import { text } from '../text';
import { Connection } from './Connection';
import { KeySheet } from './KeySheet';
import { useKeys } from './keys';
import { Presence } from './Presence';
import { LiveProvider, useMaybeLive } from './live';
import { addressOf, go, onLink, useRoute } from './router';
import { type Session, useSession, useSignIn } from './session';
import { SignIn } from './SignIn';
import { StandingToasts, Toasts } from './toasts';

// Agents need neither: they are fetched by those who go there.
const Supervise = lazy(() => import('../supervise/Supervise'));
const Operate = lazy(() => import('../operate/Operate'));
const Simulate = lazy(() => import('../supervise/Simulate'));

type Section = 'desk' | 'supervise' | 'simulate' | 'operate';

function sectionsOf(role: Session['caller']['role'], canSimulate: boolean): readonly Section[] {
  switch (role) {
    case 'agent': return ['desk'];
    case 'supervisor': return ['desk', 'supervise', ...(canSimulate ? (['simulate'] as const) : [])];
    case 'admin': return ['desk', 'supervise', ...(canSimulate ? (['simulate'] as const) : []), 'operate'];
    case 'operator': return ['operate'];
    default: return [];
  }
}

export function App() {
  const { state } = useSignIn();
  return (
    <>
      {state.is === 'starting' ? <p className="starting">{text.loading}</p> : state.is === 'in' ? <SignedIn session={state.session} /> : <SignIn />}
      <Toasts />
    </>
  );
}

function SignedIn({ session }: { session: Session }) {
  const sections = sectionsOf(session.caller.role, useApiHas('/v1/sla/preview', true));
  const { signOut } = useSignIn();
  if (sections.length === 0) {
    return <main className="sign-in"><Stack maw={400}><Text>{text.signIn.integrator}</Text><Button onClick={signOut}>{text.shell.signOut}</Button></Stack></main>;
  }
  const page = <Page sections={sections} />;
  return sections.includes('desk') ? <LiveProvider key={session.caller.id}>{page}</LiveProvider> : page;
}

function Page({ sections }: { sections: readonly Section[] }) {
  const route = useRoute();
  const [sheet, { open: openSheet, close: closeSheet }] = useDisclosure(false);
  const section = sections.find((s) => s === route[0]) ?? sections[0]!;
  useEffect(() => {
    if (route[0] !== section) go(addressOf(section), { replace: true });
  }, [route, section]);
  useKeys({
    '?': openSheet,
    'g d': sections.includes('desk') ? () => go(addressOf('desk')) : undefined,
    'g s': sections.includes('supervise') ? () => go(addressOf('supervise')) : undefined,
    'g o': sections.includes('operate') ? () => go(addressOf('operate')) : undefined,
  });
  useEffect(() => {
    document.title = `${text.shell[section]} · ${text.product}`;
  }, [section]);
  return (
    <div className="shell">
      <a className="skip" href="#content">{text.shell.skip}</a>
      <Header sections={sections} section={section} onKeys={openSheet} />
      <div className="content" id="content" tabIndex={-1}>
        {section === 'desk' ? <Desk /> : <Suspense fallback={<p className="starting">{text.loading}</p>}>{section === 'supervise' ? <Supervise /> : section === 'simulate' ? <Simulate /> : <Operate />}</Suspense>}
      </div>
      {sections.includes('supervise') && <><MoveToasts /><StandingToasts /></>}
      <KeySheet opened={sheet} onClose={closeSheet} />
    </div>
  );
}

function Header({ sections, section, onKeys }: { sections: readonly Section[]; section: Section; onKeys: () => void }) {
  const session = useSession();
  const { signOut } = useSignIn();
  const live = useMaybeLive();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [leaving, { open: askToLeave, close: stay }] = useDisclosure(false);
  const drafts = leaving ? countDrafts(session.scope) : 0;
  return (
    <header className="header">
      <Group gap={8} wrap="nowrap">
        <span className="mark" aria-hidden="true" />
        <nav aria-label={text.shell.sections}>
          {sections.map((s) => (
            <a key={s} href={addressOf(s)} onClick={onLink} aria-current={s === section ? 'page' : undefined}>{text.shell[s]}</a>
          ))}
        </nav>
      </Group>
      <Group gap={6} wrap="nowrap">
        {live && <Presence />}
        {live && <Connection />}
        <Tooltip label={`${text.shell.shortcuts} (?)`}>
          <ActionIcon variant="subtle" color="gray" aria-label={text.shell.shortcuts} onClick={onKeys} className="only-wide"><IconKeyboard size={18} /></ActionIcon>
        </Tooltip>
        <Menu withInitialFocusPlaceholder={false} position="bottom-end" width={220} withinPortal>
          <Menu.Target>
            <Button variant="subtle" color="gray" leftSection={<IconUser size={16} />} rightSection={<IconChevronDown size={14} />} aria-label={text.shell.account(session.agent, session.caller.role)}>
              <span className="who">{session.agent}</span>
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{text.shell.account(session.agent, session.caller.role)}</Menu.Label>
            <Menu.Item leftSection={colorScheme === 'dark' ? <IconSun size={16} /> : <IconMoon size={16} />} onClick={() => setColorScheme(colorScheme === 'dark' ? 'light' : 'dark')}>
              {colorScheme === 'dark' ? text.shell.light : text.shell.dark}
            </Menu.Item>
            {colorScheme !== 'auto' && <Menu.Item leftSection={<span className="blank-icon" />} onClick={() => setColorScheme('auto')}>{text.shell.sameAsSystem}</Menu.Item>}
            <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onKeys}>{text.shell.shortcuts}</Menu.Item>
            <Menu.Divider />
            <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => (countDrafts(session.scope) > 0 ? askToLeave() : signOut())}>{text.shell.signOut}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      <Modal opened={leaving} onClose={stay} title={text.shell.draftsTitle} closeButtonProps={{ 'aria-label': text.close }}>
        <Text size="sm">{text.shell.draftsBody(drafts)}</Text>
        <Group mt="md" justify="flex-end">
          <Button variant="default" onClick={() => (dropDrafts(session.scope), signOut())}>{text.shell.dropDrafts}</Button>
          <Button onClick={signOut}>{text.shell.keepDrafts}</Button>
        </Group>
      </Modal>
    </header>
  );
}
