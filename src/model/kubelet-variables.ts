/**
 * The kubelet replaces `$(NAME)` in a container's arguments and turns `$$` into `$` (Kubernetes,
 * third_party/forked/golang/expansion). Text of users must come out as it went in: each dollar sign is doubled.
 */
export function escapeVariables(text: string): string {
  return text.includes('$') ? text.replaceAll('$', '$$$$') : text;
}
