/** Names that nobody should give and somebody will. */
export const hostileNames: readonly string[] = [
  '<img src=x onerror="window.hacked=1">',
  '"><script>window.hacked=1</script>',
  `x${'y'.repeat(1023)}`,
  'שירות-תשלומים',
  'abc\u202egnp.exe',
  '検索サービス検索サービス検索サービス',
  "'; DROP TABLE nodes; --",
  '../../etc/passwd',
  '%00%2e%2e',
  '🚢🚢🚢',
];
