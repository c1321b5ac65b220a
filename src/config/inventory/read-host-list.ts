import { expand } from '../../core/nodeset.ts';
import { flagSource, mistakeAt, type Span, wholeSpan, within } from '../source/text-source.ts';
import type { RawInventory } from './raw-inventory.ts';
import { isName } from './read-inventory.ts';

/** Hosts written on the command line: `-i kvm01,kvm[05-09],`. */
export function readHostList(text: string): RawInventory {
  const source = flagSource('-i', text);
  const span = wholeSpan(source);
  const none = { roots: [], groups: [], warnings: [] };
  const refuse = (at: Span, message: string) => ({
    ...none,
    hosts: [],
    mistakes: [mistakeAt(at, message, 'A list of hosts is written -i kvm01,kvm[05-09], with a comma.')],
  });
  const expansion = expand(text.replace(/,$/, ''));
  if (!expansion.ok) return refuse(within(span, expansion.at, expansion.at + 1), expansion.problem);
  const bad = expansion.names.find((name) => !isName(name));
  if (bad !== undefined) return refuse(span, `\`${bad}\` cannot be a host's name`);
  return { ...none, mistakes: [], hosts: expansion.names.map((name) => ({ name, span, group: undefined, layer: undefined })) };
}
