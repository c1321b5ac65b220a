/** A value that JSON can say: what steps register, what variables hold, what reports print. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
