// Builds the console into the folder given, if anything changed since; the gateway's build calls it (src/Gateway/WebConsole/Console.targets).
// Exit codes: 0 it is there, 3 it cannot be built on this machine (the reason is printed), anything else: it does not compile.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
process.chdir(here);
const out = resolve(process.argv[2] ?? '../artifacts/console');
const stamp = `${out}.inputs`;

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 ? major !== 20 || minor < 19 : major === 22 && minor < 12) {
  console.log(`Node ${process.version} is too old; the console is built with 20.19, 22.12 or later.`);
  process.exit(3);
}

function hash(files) {
  const sum = createHash('sha256');
  for (const file of files) {
    sum.update(file).update('\0').update(readFileSync(file)).update('\0');
  }
  return sum.digest('hex');
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const walk = (folder) => readdirSync(folder, { recursive: true }).map((f) => `${folder}/${f}`).filter((f) => statSync(f).isFile() && !f.endsWith('schema.ts')).sort();
const inputs = () => hash(['package.json', 'package-lock.json', 'index.html', 'vite.config.ts', 'postcss.config.cjs', 'tsconfig.json', 'build.mjs',
  '../src/Gateway/openapi.v1.json', ...walk('src')]);
const isBuilt = () => existsSync(`${out}/index.html`) && read(stamp) === inputs();
const npm = (...args) => execFileSync('npm', args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', shell: process.platform === 'win32' });

// One build at a time, also from another process. Whoever holds the lock and is gone (or held it for ten minutes) holds it no more.
async function locked(work) {
  const lock = `${out}.lock`;
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (taken) {
      if (taken.code !== 'EEXIST') throw taken;
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 600_000) rmSync(lock, { recursive: true, force: true });
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.on('exit', release);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  work();
}

function install() {
  const installed = 'node_modules/.installed';
  const wanted = hash(['package.json', 'package-lock.json']);
  if (read(installed) === wanted) return;
  try {
    npm('ci', '--include=dev', '--ignore-scripts');
  } catch (failure) {
    console.log(`npm ci failed. ${`${failure.stderr ?? failure}`.trim().split('\n')[0]}`);
    process.exit(3);
  }
  writeFileSync(installed, wanted);
}

if (!isBuilt()) {
  await locked(() => {
    if (isBuilt()) return;
    install();
    const built = inputs();
    const fresh = `${out}.new`;
    rmSync(fresh, { recursive: true, force: true });
    try {
      npm('run', 'api');
      npm('run', 'check');
      npm('run', 'bundle', '--', '--outDir', fresh);
    } catch (failure) {
      console.log(`${failure.stdout ?? ''}${failure.stderr ?? failure}`);
      process.exit(1);
    }
    rmSync(out, { recursive: true, force: true });
    renameSync(fresh, out);
    writeFileSync(stamp, built);
  });
}
