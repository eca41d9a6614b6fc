/** What `POST /api/injection-preview` answers for an object, as far as the page shows it (`src/preview/describe.ts`). */
export interface Preview {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly outcome: 'injected' | 'skipped' | 'rejected';
  readonly decision: {
    readonly inject: boolean;
    readonly decidedBy: string;
    readonly message: string;
    readonly reasons: readonly {
      readonly check: string;
      readonly code: string;
      readonly verdict: string;
      readonly message: string;
    }[];
  } | null;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string };
  readonly warnings: readonly string[];
  readonly rules: { readonly v4: string; readonly v6: string; readonly routes: readonly unknown[] } | null;
  readonly added: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

export function previewsOf(answer: Preview | { readonly items: readonly Preview[] }): readonly Preview[] {
  return 'items' in answer ? answer.items : [answer];
}
