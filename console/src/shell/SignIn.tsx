import { Button, Divider, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Refused } from '../api/client';
import { Notice } from '../parts/Notice';
import { text } from '../text';
import { openIdSettings, startOpenId } from './openid';
import { useSignIn } from './session';

/** Letters, digits and . _ : @ + - : as the API takes them. */
const NameForm = /^[\p{L}\p{Nd}._:@+-]+$/u;

export function SignIn() {
  const { state } = useSignIn();
  return (
    <main className="sign-in">
      <Paper withBorder shadow="sm" p="xl" radius="lg" w={400} maw="100%">
        {state.is === 'naming' ? <ChooseName role={state.caller.role} /> : <KeyForm />}
      </Paper>
    </main>
  );
}

function KeyForm() {
  const { state, signIn } = useSignIn();
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const openId = useQuery({ queryKey: ['openid'], queryFn: openIdSettings, staleTime: 60_000 });
  const out = state.is === 'out' ? state : undefined;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!key.trim() || busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await signIn({ token: key.trim() });
    } catch (failure) {
      setProblem(failure instanceof Refused ? text.signIn.wrong : text.signIn.unreachable);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <div>
          <Text size="sm" c="dimmed" fw={600}>{text.product}</Text>
          <Title order={1} size="h2">{text.signIn.title}</Title>
        </div>
        {out?.reason === 'ended' && <Notice tone="amber">{text.signIn.ended}</Notice>}
        {out?.reason === 'unreachable' && <Notice tone="red">{text.signIn.unreachable}</Notice>}
        {out?.reason === 'openid' && <Notice tone="red">{text.signIn.openidFailed(out.detail ?? '')}</Notice>}
        {openId.data && (
          <>
            <Button size="md" variant="default" onClick={() => openId.data && void startOpenId(openId.data)}>{text.signIn.openid}</Button>
            <Divider />
          </>
        )}
        <PasswordInput
          label={text.signIn.key} description={text.signIn.keyHint} value={key} onChange={(e) => setKey(e.currentTarget.value)} error={problem}
          autoFocus required withAsterisk={false} autoComplete="off" spellCheck={false} size="md"
        />
        <Button type="submit" size="md" loading={busy}>{text.signIn.submit}</Button>
      </Stack>
    </form>
  );
}

function ChooseName({ role }: { role: string }) {
  const { chooseName, signOut } = useSignIn();
  const [name, setName] = useState(role);
  const isValid = NameForm.test(name) && name.length <= 128;
  return (
    <form onSubmit={(event) => (event.preventDefault(), isValid && chooseName(name))}>
      <Stack>
        <Title order={1} size="h2">{text.signIn.nameTitle}</Title>
        <Text size="sm" c="dimmed">{text.signIn.nameHint}</Text>
        <TextInput
          label={text.signIn.name} value={name} onChange={(e) => setName(e.currentTarget.value)} error={name && !isValid ? text.signIn.nameForm : undefined}
          autoFocus onFocus={(e) => e.currentTarget.select()} size="md"
        />
        <Button type="submit" size="md" disabled={!isValid}>{text.signIn.go}</Button>
        <Button variant="subtle" color="gray" onClick={signOut}>{text.cancel}</Button>
      </Stack>
    </form>
  );
}
