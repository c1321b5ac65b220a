import { DroverError } from '../core/errors.ts';
import { type Blocked, blocked } from '../core/plan.ts';
import { ABSENT, all, map, type Probe, type Reading, recover } from '../core/probe.ts';
import { whileDockerRuns } from './docker.ts';

/** What of Docker's own rules is missing, by name; the names common to all versions from 17.06 to 29. */
const EXPECTED = {
  nat: [
    ['chain DOCKER', /^-N DOCKER$/m],
    ['the jump from PREROUTING', /^-A PREROUTING .*-j DOCKER$/m],
    ['the jump from OUTPUT', /^-A OUTPUT .*-j DOCKER$/m],
  ],
  filter: [
    ['chain DOCKER', /^-N DOCKER$/m],
    ['chain DOCKER-USER', /^-N DOCKER-USER$/m],
    ['the jump from FORWARD', /^-A FORWARD -j DOCKER-USER$/m],
  ],
} as const;

/** Docker's rules that are missing, by the way in which it may keep them; or why nobody can tell. */
export interface MissingRules {
  readonly iptables: readonly string[] | Blocked;
  readonly nftables: readonly string[] | Blocked;
}

/**
 * Asked only while dockerd runs: it has set up these tables already, so that listing them loads nothing. `-S` has neither date
 * nor counters, unlike iptables-save.
 */
export const missingDockerRules: Probe<MissingRules> = all({
  iptables: orBlocked(
    map(
      all({ nat: whileDockerRuns('iptables', '-t', 'nat', '-S'), filter: whileDockerRuns('iptables', '-t', 'filter', '-S') }),
      ({ nat, filter }) => [...missing('nat', nat), ...missing('filter', filter)],
    ),
  ),
  nftables: orBlocked(
    map(whileDockerRuns('nft', 'list', 'tables'), (answer) =>
      listed('nft', answer).includes('table ip docker-bridges') ? [] : ['table ip docker-bridges'],
    ),
  ),
});

function orBlocked<T>(probe: Probe<T>): Probe<T | Blocked> {
  return recover<T | Blocked>(probe, (error) => {
    if (error instanceof DroverError) return blocked(error.message, error.hint);
    throw error;
  });
}

function missing(table: keyof typeof EXPECTED, answer: Reading): readonly string[] {
  const rules = listed(`iptables -t ${table}`, answer);
  return EXPECTED[table].filter(([, rule]) => !rule.test(rules)).map(([name]) => `${name} of table ${table}`);
}

function listed(program: string, { status, stdout, stderr }: Reading): string {
  if (status === 0) return stdout;
  throw new DroverError('STATE_UNREADABLE', `${program}: ${status === ABSENT ? 'absent' : stderr.trim() || `status ${status}`}`);
}
