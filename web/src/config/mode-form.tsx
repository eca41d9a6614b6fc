import type { Editable } from './editable.ts';

const words: Readonly<Record<string, string>> = {
  '': 'by itself (mutual TLS where the other side has a proxy)',
  UNSET: 'UNSET: as for the namespace or the mesh',
  PERMISSIVE: 'PERMISSIVE: mutual TLS and plaintext are let in',
  STRICT: 'STRICT: only mutual TLS is let in',
  DISABLE: 'DISABLE: no mutual TLS',
  ISTIO_MUTUAL: 'ISTIO_MUTUAL: always mutual TLS',
};

interface ModeFormProps {
  readonly editable: Extract<Editable, { readonly kind: 'mode' }>;
  readonly onMode: (mode: string) => void;
}

export function ModeForm({ editable, onMode }: ModeFormProps) {
  const modes = editable.modes.includes(editable.mode) ? editable.modes : [editable.mode, ...editable.modes];
  return (
    <label class="field">
      Mutual TLS
      <select value={editable.mode} onChange={(event) => onMode(event.currentTarget.value)}>
        {modes.map((mode) => (
          <option key={mode} value={mode}>
            {words[mode] ?? mode}
          </option>
        ))}
      </select>
    </label>
  );
}
