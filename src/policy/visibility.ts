/** Whether clients of a namespace may see a resource of another: Istio's `exportTo`. None given is everyone. */
export function isVisible(exportTo: readonly string[], owner: string, client: string): boolean {
  if (exportTo.length === 0) return true;
  return exportTo.some((entry) => entry === '*' || entry === client || (entry === '.' && owner === client));
}
