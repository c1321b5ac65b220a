import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { call } from '../support/program.ts';
import { tempFolder } from '../support/temp-folder.ts';

const INVENTORY = `groups:
  canary: { hosts: [kvm01] }
  compute:
    hosts:
      kvm[01-03]: {}
    vars: { mtu: 1400 }
`;
const PLAYBOOK = `name: Fine
hosts: compute
rollout:
  waves: [{ name: canary, hosts: canary }, { name: rest, hosts: compute }]
steps:
  - name: Say it
    task: file.content
    with: { path: /etc/said, content: "{{ mtu }}\\n" }
    tags: [talk]
  - { name: Look after it, task: systemd.healthy }
`;

/** A folder as an operator has it. */
function workplace(files: Readonly<Record<string, string>> = {}): string {
  const folder = tempFolder();
  const all = { 'inventory.yaml': INVENTORY, 'fine.yaml': PLAYBOOK, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('what cannot be meant', { timeout: 30_000 }, () => {
  it.each([
    [[], 'no command was given', '`drover --help`'],
    [['rnu', 'fine.yaml'], 'there is no command rnu', 'Did you mean run?'],
    [['help', 'run'], 'help is no command', '`drover run --help`'],
    [['run'], 'an argument is missing', '`drover run --help`'],
    [['record', 'kvm01'], '--task must be given', '`drover record --help`'],
    [['validate', '-'], '`-` is no name', '/dev/stdin'],
    [['validate', ''], 'the name of a file is empty', ''],
    [['plan', 'fine.yaml', '-i', ''], 'the name of a file is empty', ''],
    [['exec', 'compute', 'cat', '-'], '`-` is a word of the command', 'Put `--` before the command'],
    [['run', 'fine.yaml', '-y', '--check=1'], '--check=1: --check takes no value', 'Write --check alone'],
    [['run', 'fine.yaml', '-y', '-bC=yes'], '-bC=yes: -C takes no value', 'Write -C alone'],
    [['run', 'fine.yaml', '--no-yes=maybe'], '--no-yes=maybe: --yes takes no value', ''],
    [['run', 'fine.yaml', '--dryrun'], 'there is no flag --dryrun here', 'Did you mean --dry-run?'],
    [['run', 'fine.yaml', 'more'], 'more: one argument too many', '`drover run --help`'],
    [['run', 'fine.yaml', '--frks', '3'], 'there is no flag --frks here', 'Did you mean --forks?'],
    [['validate', 'fine.yaml', '--diff'], 'there is no flag --diff here', '`drover validate --help`'],
    [['plan', 'fine.yaml', '-y'], 'there is no flag -y here', ''],
    [['run', 'fine.yaml', '-l'], '-l needs a value', '`drover run --help`'],
    [['run', 'fine.yaml', '-l', 'a', '-l', 'b'], '--limit was given more than once', ''],
    [['run', 'fine.yaml', '-y', '-f', '0'], '--forks "0": not a whole number from 1', ''],
    [['run', 'fine.yaml', '-y', '-f', 'many'], '--forks "many": not a whole number from 1', ''],
    [['plan', 'fine.yaml', '-T', 'soon'], '--timeout "soon": not a number of seconds', ''],
    [['plan', 'fine.yaml', '--format', 'xml'], '--format "xml": it is one of human, json, ndjson', ''],
    [['plan', 'fine.yaml', '--max-hosts', '2'], '3 hosts are meant, and --max-hosts is 2', 'Narrow the hosts with -l'],
    [['plan', 'fine.yaml', '-l', ''], 'empty', '`all`'],
    [['plan', 'fine.yaml', '-l', ','], 'empty', ''],
    [['plan', 'fine.yaml', '-l', ':'], 'empty', ''],
    [['plan', 'fine.yaml', '-l', 'kvm04'], 'kvm04', 'kvm0'],
    [['plan', 'nowhere.yaml'], 'nowhere.yaml: error: there is no such file', ''],
    [['plan', 'fine.yaml', '-i', 'nowhere.yaml'], 'nowhere.yaml', ''],
    [['plan', 'fine.yaml', '--start-at-task', 'Say itt'], 'Say itt', 'Say it'],
    [['plan', 'fine.yaml', '--become-password-file', '/nowhere'], '--become-password-file /nowhere: ENOENT', ''],
    [['plan', 'fine.yaml', '--log', '/nowhere/log'], '--log /nowhere/log: ENOENT', ''],
    [['exec', 'compute'], 'no command was given', 'drover exec PATTERN -- COMMAND'],
    [['exec', 'compute', 'uptime', '-p'], 'there is no flag -p here', 'Put `--` before the command'],
    [['exec', 'compute', '-a', 'uptime'], 'there is no flag -a here', 'Put `--` before the command'],
    [['exec', 'compute', '-m', 'ping'], 'there is no flag -m here', '`drover task NAME PATTERN'],
    [['task', 'systemd.healthy', 'compute', '--list-hosts'], 'there is no flag --list-hosts here', '`drover hosts PATTERN`'],
    [['exec', '', '--', 'id'], 'an empty pattern', '`all`'],
    [['exec', 'computte', '--', 'id'], '`computte`', 'compute'],
    [['task', 'docker.mtu', 'compute', '--mtu', '1400'], 'there is no flag --mtu here', 'name=value'],
    [['task', 'file.contnt', 'compute', 'path=/x'], 'file.contnt', '`file.content`'],
    [['task', 'file.content', 'compute', 'paht=/x'], 'paht', '`path`'],
    [['task', 'file.content', 'compute', 'path=/x', 'content=x', 'modee=0644'], 'unknown key `modee`', '`mode`'],
    [['tasks', 'kvm.nestd'], 'there is no task kvm.nestd', '`kvm.nested`'],
    [['why', 'kvm09', 'mtu'], 'there is no such host', '`kvm0'],
    [['why', 'kvm01', 'mut'], 'nothing in the inventory sets mut for kvm01', '`mtu`'],
    [['record', 'compute', '--task', 'systemd.healthy'], 'compute: a record is of one host', 'Name one host.'],
    [['schema', 'playbok'], '"playbok": it is one of inventory, playbook, steps', ''],
  ])('%j ends with 5, says what is wrong and what to do, and prints no data', async (argv, message, hint) => {
    const { exit, stdout, stderr } = await call(argv, { folder: workplace() });
    expect({ exit, stdout }).toEqual({ exit: 5, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  it.each([
    [
      'a key that is not known',
      PLAYBOOK.replace('hosts: compute\n', 'hots: compute\n'),
      'broken.yaml:2:1',
      'hots: compute',
      '^^^^',
      '`hosts`',
    ],
    [
      'a task that is not there',
      PLAYBOOK.replace('systemd.healthy', 'systemd.helthy'),
      'broken.yaml:10:',
      'systemd.helthy',
      '^',
      '`systemd.healthy`',
    ],
    ['a value that is missing', PLAYBOOK.replace('{{ mtu }}', '{{ mut }}'), 'broken.yaml:8:', '{{ mut }}', '^', 'mtu'],
    ['YAML that is none', PLAYBOOK.replace('name: Fine', 'name: [Fine'), 'broken.yaml:', '', '^', ''],
    ['a wave without hosts', PLAYBOOK.replace('name: rest, hosts: compute', 'name: rest, hosts: kvm01'), 'broken.yaml', 'rest', '', ''],
  ])('%s has its place, the line with a caret, and a hint', async (_, text, ...parts) => {
    const { exit, stdout, stderr } = await call(['plan', 'broken.yaml'], { folder: workplace({ 'broken.yaml': text }) });
    expect({ exit, stdout }).toEqual({ exit: 5, stdout: '' });
    for (const part of parts) expect(stderr).toContain(part);
    expect(stderr).toContain('nothing was sent to any host');
  });

  it("tells for Ansible's modules, as keys and as names of tasks, the tasks that there are", async () => {
    const modules = ['shell', 'ansible.builtin.command', 'copy', 'template', 'lineinfile', 'service', 'systemd', 'apt', 'dnf', 'package'];
    const others = ['ansible.posix.sysctl', 'community.general.modprobe', 'reboot'];
    const keys = [...modules, ...others].map((module) => `  - { name: as a key, ${module}: {} }\n`);
    const names = [...modules, ...others].map((module) => `  - { task: ${module} }\n`);
    const text = `name: P\nhosts: all\nsteps:\n${[...keys, ...names].join('')}`;
    const { stderr } = await call(['validate', 'a.yaml'], { folder: workplace({ 'a.yaml': text }) });
    const count = modules.length + others.length;
    expect(stderr.match(/→ Write `task: [a-z]+\.[a-z]+`, and its params under `with:`\./g)).toHaveLength(count);
    expect(stderr.match(/→ In this catalogue it is `[a-z]+\.[a-z]+`\./g)).toHaveLength(count);
  });

  it('tells all mistakes of all playbooks at once', async () => {
    const files = { 'a.yaml': PLAYBOOK.replace('systemd.healthy', 'a.b'), 'b.yaml': PLAYBOOK.replace('compute\n', 'compute\ncolour: 1\n') };
    const { stderr } = await call(['validate', 'a.yaml', 'fine.yaml', 'b.yaml'], { folder: workplace(files) });
    expect(stderr).toMatch(/a\.yaml:10:.*b\.yaml:3:1.*2 mistakes; nothing was sent/s);
  });

  it('is told of an inventory without hosts, whatever the pattern', async () => {
    const folder = workplace({ 'inventory.yaml': 'groups: {}\n' });
    for (const argv of [['hosts'], ['plan', 'fine.yaml'], ['exec', 'compute', '--', 'id']]) {
      const { exit, stderr } = await call(argv, { folder });
      expect(exit).toBe(5);
      expect(stderr).toContain('the inventory has no hosts');
    }
  });

  it('needs an inventory', async () => {
    const { exit, stderr } = await call(['hosts'], { folder: tempFolder() });
    expect(exit).toBe(5);
    expect(stderr).toContain('no inventory was given');
    expect(stderr).toContain('DROVER_INVENTORY');
  });

  it('is a document for machines', async () => {
    const folder = workplace();
    const usage = await call(['plan', 'fine.yaml', '--format', 'json', '--frks'], { folder });
    expect(JSON.parse(usage.stdout)).toMatchObject({ exit: 5, error: { code: 'USAGE', hint: 'Did you mean --forks?' } });
    const checked = await call(['plan', 'fine.yaml', '--syntax-check', '--format', 'json'], { folder });
    expect(JSON.parse(checked.stdout)).toMatchObject({ hosts: ['kvm01', 'kvm02', 'kvm03'], steps: [{ name: 'Say it' }, {}] });
    const pattern = await call(['hosts', 'kvm9', '--format=json'], { folder });
    expect(JSON.parse(pattern.stdout)).toMatchObject({ exit: 5, mistakes: [{ message: expect.stringContaining('kvm9') }] });
    expect([usage.stderr, pattern.stderr]).toEqual(['', '']);
  });
});

describe('what needs no connection', () => {
  it.each([
    [['hosts'], ['kvm01', 'kvm02', 'kvm03']],
    [
      ['hosts', 'compute:!canary'],
      ['kvm02', 'kvm03'],
    ],
    [['hosts', 'compute', '-l', 'kvm0[2-3]', '-x', 'kvm03'], ['kvm02']],
    [
      ['hosts', '--tree'],
      ['@canary', '  kvm01', '@compute', '  kvm[01-03] (3 hosts)'],
    ],
    [
      ['hosts', '--vars'],
      ['kvm[01-03] (3 hosts):', '  mtu: 1400'],
    ],
    [
      ['hosts', '-i', 'web1,web2,'],
      ['web1', 'web2'],
    ],
    [
      ['plan', 'fine.yaml', '--list-hosts'],
      ['kvm01', 'kvm02', 'kvm03'],
    ],
    [
      ['plan', 'fine.yaml', '--list-tasks'],
      ['1 Say it (file.content)', '2 Look after it (systemd.healthy)'],
    ],
    [['plan', 'fine.yaml', '--list-tasks', '-t', 'talk'], ['1 Say it (file.content)']],
    [['plan', 'fine.yaml', '--list-tags'], ['talk']],
    [['run', 'fine.yaml', '--syntax-check'], []],
    [['validate', 'fine.yaml'], ['fine.yaml: fine: 2 steps for kvm[01-03] (3 hosts)']],
    [['validate', 'fine.yaml', '-l', 'kvm02'], ['fine.yaml: fine: 2 steps for kvm02']],
  ])('%j', async (argv, lines) => {
    const { exit, stdout } = await call(argv, { folder: workplace() });
    expect({ exit, lines: stdout.split('\n').slice(0, -1) }).toEqual({ exit: 0, lines });
  });

  it('finds the inventory by its variable', async () => {
    const folder = workplace({ 'other.yaml': 'hosts: { lonely: {} }\n' });
    const { stdout } = await call(['hosts'], { folder, env: { DROVER_INVENTORY: 'other.yaml' } });
    expect(stdout).toBe('lonely\n');
  });

  it('tells where a value comes from', async () => {
    const { stdout } = await call(['why', 'kvm01', 'mtu', '--format', 'json'], { folder: workplace() });
    expect(JSON.parse(stdout)).toEqual({
      host: 'kvm01',
      name: 'mtu',
      chain: [{ place: 'group compute', source: 'inventory.yaml:6:13', value: 1400 }],
    });
  });

  it('tells what a playbook and its steps set, and of sensitive steps not what', async () => {
    const text = PLAYBOOK.replace('hosts: compute\n', 'hosts: compute\nvars: { mtu: 9000 }\n')
      .replace('    tags: [talk]\n', '    vars: { mtu: 1280 }\n')
      .replace('systemd.healthy }', 'systemd.healthy, sensitive: true, vars: { mtu: 42 } }');
    const folder = workplace({ 'p.yaml': text });
    const { stdout } = await call(['why', 'kvm01', 'mtu', 'p.yaml'], { folder });
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['value', 'set by', 'at'],
      ['1400', 'group compute', 'inventory.yaml:6:13'],
      ['holds', '9000', 'playbook', 'p.yaml:3:9'],
      ['there', '1280', 'step Say it', 'p.yaml:10:13'],
      ['there', '"********"', 'step Look after it', expect.stringMatching(/^p\.yaml:11:\d+$/)],
      [''],
    ]);
    const { exit, stderr } = await call(['why', 'kvm01', 'mut', 'p.yaml'], { folder });
    expect({ exit, stderr }).toEqual({ exit: 5, stderr: expect.stringContaining('nothing in the inventory and the playbook sets mut') });
  });

  it('has the catalogue and its schemas from the code', async () => {
    const folder = tempFolder();
    const catalogue = await call(['tasks', '--format', 'json'], { folder });
    const names = (JSON.parse(catalogue.stdout) as readonly { readonly name: string }[]).map(({ name }) => name);
    expect(names).toContain('kvm.nested');
    for (const name of names) {
      const { exit, stdout } = await call(['tasks', name], { folder });
      expect(exit).toBe(0);
      expect(stdout).toContain(`  task: ${name}\n`);
    }
    for (const of of ['inventory', 'playbook']) {
      const { stdout } = await call(['schema', of], { folder });
      expect(JSON.parse(stdout)).toMatchObject({ type: 'object' });
    }
  });
});

describe('hosts that are not reached', () => {
  /** Nothing listens on port 1. */
  const gone =
    'hosts: { a1: { address: 127.0.0.1, port: 1, connect_retries: 0 }, a2: { address: 127.0.0.1, port: 1, connect_retries: 0 } }\n';
  const playbook = 'name: P\nhosts: all\nsteps: [{ name: Well, task: systemd.healthy }]\n';

  it('ends with 4 where no host is reached, and says so in every format', async () => {
    const folder = workplace({ 'inventory.yaml': gone, 'p.yaml': playbook });
    const [human, json, ndjson, exec] = await Promise.all([
      call(['plan', 'p.yaml'], { folder }),
      call(['run', 'p.yaml', '-y', '--format', 'json'], { folder }),
      call(['run', 'p.yaml', '-y', '--format', 'ndjson', '--log', 'log'], { folder }),
      call(['exec', 'all', '--format', 'json', '--', 'id'], { folder }),
    ]);
    expect([human.exit, json.exit, ndjson.exit, exec.exit]).toEqual([4, 4, 4, 4]);
    expect(human.stdout).toContain('a[1-2] (2 hosts): unreachable');
    expect(JSON.parse(json.stdout)).toMatchObject({
      exit: 4,
      counts: { unreachable: 2, steady: 0 },
      hosts: [{ host: 'a1', error: { code: 'HOST_UNREACHABLE' } }, {}],
    });
    const types = ndjson.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly type: string }).type);
    expect(types).toEqual(['wave started', 'host started', 'host started', 'host ended', 'host ended', 'wave ended', 'summary']);
    expect(JSON.parse(exec.stdout)).toMatchObject({
      exit: 4,
      hosts: [
        { host: 'a1', status: 'failed' },
        { host: 'a2', status: 'failed' },
      ],
    });
  });
});
