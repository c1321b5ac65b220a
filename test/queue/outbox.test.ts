import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Answer } from '../../src/queue/messages.ts';
import { outbox } from '../../src/queue/outbox.ts';

const part = (id: number): Answer => ({ type: 'part', id, stream: 'stdout', data: '' });

it('says all in order, and never has more than 16 parts under way', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('part', 'done', 'heard'), { maxLength: 200 }), (moves) => {
      const said: Answer[] = [];
      const given: Answer[] = [];
      let heard = 0;
      const box = outbox((answer) => said.push(answer));
      const underWay = (): number => said.filter(({ type }) => type === 'part').length - heard;
      for (const [id, move] of moves.entries()) {
        if (move === 'heard') {
          const parts = Math.min(4, underWay());
          heard += parts;
          box.heard(parts);
        } else {
          given.push(move === 'part' ? part(id) : { type: 'done', id });
          box.say(given.at(-1) ?? part(id));
        }
        expect(underWay()).toBeLessThanOrEqual(16);
      }
      while (underWay() > 0) {
        const parts = underWay();
        heard += parts;
        box.heard(parts);
      }
      expect(said).toEqual(given);
    }),
  );
});
