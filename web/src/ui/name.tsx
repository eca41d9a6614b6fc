/** A name from anywhere: text, isolated from the direction of what surrounds it, cut to its place with the whole in the title. */
export function Name({ text, strong = false }: { readonly text: string; readonly strong?: boolean }) {
  return (
    <bdi class={strong ? 'name strong' : 'name'} title={text}>
      {text}
    </bdi>
  );
}

/** `namespace/name`, the namespace quieter. */
export function Qualified({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  return (
    <span class="qualified">
      <Name text={name} strong />
      {namespace === '' ? null : (
        <span class="muted">
          {' '}
          <Name text={namespace} />
        </span>
      )}
    </span>
  );
}
