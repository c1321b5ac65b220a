import { expect, it } from 'vitest';
import { inverse } from '../../src/core/change.ts';
import { dockerBridge } from '../../src/tasks/docker-bridge.ts';
import { changesOf, findingOf } from '../support/task-table.ts';

it('takes the stop, the delete and the start back as a stop and a start', () => {
  const changes = changesOf(findingOf(dockerBridge, { host: 'docker-wrong-address', with: {} }).plan);
  const back = changes.toReversed().map(inverse);
  expect(back).toMatchObject([
    { argv: ['systemctl', 'stop', 'docker.socket', 'docker.service'] },
    'not needed',
    { argv: ['systemctl', 'start', 'docker.socket', 'docker.service'] },
  ]);
});
