import { scanXl, type XlSetting } from './xl-scan.ts';

/** What the file says of a key: the last setting of it. */
export function settingOf(settings: readonly XlSetting[], name: string): XlSetting | undefined {
  return settings.findLast((setting) => setting.name === name);
}

/** The text with another part between the two places. */
export function spliced(text: string, { start, end }: { readonly start: number; readonly end: number }, part: string): string {
  return text.slice(0, start) + part + text.slice(end);
}

/** The text of a guest's file that was scanned before, with a key set to a value as it stands in such files; all else keeps its bytes. */
export function withXlSetting(text: string, name: string, value: string): string {
  const found = settingOf(settingsIn(text), name);
  if (found !== undefined) return spliced(text, found.item, value);
  // A last line without an end keeps none, so that taking the setting out again gives the same bytes.
  return text === '' || text.endsWith('\n') ? `${text}${name} = ${value}\n` : `${text}\n${name} = ${value}`;
}

/** The text without any setting of a key; its lines go with it where nothing else is on them. */
export function withoutXlSetting(text: string, name: string): string {
  const all = settingsIn(text).filter((setting) => setting.name === name);
  return all.reduceRight((rest, setting) => spliced(rest, reachOf(rest, setting), ''), text);
}

function settingsIn(text: string): readonly XlSetting[] {
  const scan = scanXl(text);
  return scan.ok ? scan.settings : [];
}

/** A setting with what goes with it: the rest of its lines, or the mark that parts it from its neighbour. */
function reachOf(text: string, { start, item }: XlSetting): { readonly start: number; readonly end: number } {
  const before = /(?:^|\n)[ \t]*$/.exec(text.slice(0, start))?.[0];
  const after = /^[ \t]*(\n|$)/.exec(text.slice(item.end))?.[0];
  if (before === undefined || after === undefined) {
    const next = /^[ \t]*;[ \t]*/.exec(text.slice(item.end))?.[0];
    if (next !== undefined) return { start, end: item.end + next.length };
    const mark = /[ \t]*;[ \t]*$/.exec(text.slice(0, start))?.[0] ?? '';
    return { start: start - mark.length, end: item.end };
  }
  // The last line has no end of its own: then that of the line above goes, unless a comment needs it.
  const takesEnd = !after.endsWith('\n') && scanXl(text.slice(0, start - before.length)).ok;
  return { start: start - (takesEnd ? before : before.replace('\n', '')).length, end: item.end + after.length };
}
