/**
 * What a kubelet does to a container's arguments: `$(NAME)` becomes the variable's value, or stays when there is
 * none; `$$` becomes `$`. Written after the rules on the Pod API page, to judge our escaping by.
 */
export function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, body: string, name: string | undefined) => {
    if (body === '$') return '$';
    return variables[name ?? ''] ?? whole;
  });
}
