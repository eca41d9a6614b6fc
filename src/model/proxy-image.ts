/** Istio's variants of its image; a type replaces the one that a tag already ends in (inject.go, updateClusterEnvs). */
const variants = ['-debug', '-distroless'];

/** `image` with its tag's variant set to `type`; `default` takes a variant away. A digest is never changed. */
export function withImageType(image: string, type: string | undefined): string {
  if (type === undefined || type === '' || image.includes('@')) return image;
  const colon = image.lastIndexOf(':');
  const hasTag = colon > image.lastIndexOf('/');
  if (!hasTag) return image;
  let tag = image.slice(colon + 1);
  for (const variant of variants) {
    if (tag.endsWith(variant)) tag = tag.slice(0, -variant.length);
  }
  const suffix = type === 'default' ? '' : `-${type}`;
  return `${image.slice(0, colon)}:${tag.endsWith(suffix) ? tag : tag + suffix}`;
}

/** Whether `image` is `injected` or another type of it: that of a pod (`type`), or one that a ProxyConfig can ask for. */
export function isTypeOf(injected: string, image: string, type: string): boolean {
  return ['', 'default', 'debug', 'distroless', type].some((one) => withImageType(injected, one) === image);
}
