/** Settings by the way in which proxies get their hosts. What does not depend on the way is tried in the two that differ most. */
export const onDemandAndEager = {
  'hosts on demand': ['mesh.pushedHosts=0'],
  eager: ['mesh.delivery=eager'],
} as const;

export const deliveries = { 'pushed hosts': [], ...onDemandAndEager } as const;
