import colors from 'picocolors';

type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';

/** Colours, or the text as it is. */
export type Paint = Readonly<Record<Colour, (text: string) => string>>;

/** What the human texts depend on beside their data. */
export interface TextStyle {
  readonly paint: Paint;
  /** How many -v were given: 1 shows why a step is steady. */
  readonly verbose: number;
  /** Whether writes are shown with their difference (-D). */
  readonly diff: boolean;
  /** false: each host is an entry of its own. */
  readonly fold?: boolean | undefined;
}

/** Colours for a terminal that wants them, else none. */
export function paintFor(wanted: 'colours' | 'plain'): Paint {
  return colors.createColors(wanted === 'colours');
}
