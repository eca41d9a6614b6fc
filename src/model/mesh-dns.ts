/** Where proxies take the queries of their pod, and the control plane those of the proxies. */
export const dnsPort = 15_053;

/** Answered by the control plane itself, without records: proxies ask for it to see whether it is there. */
export const aliveName = 'outrigger.invalid';
