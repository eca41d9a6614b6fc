/** Environment variables of the proxy that Envoy's own arguments are built from: nobody else sets them. */
export const reservedVariables = ['INSTANCE_IP', 'POD_NAME', 'POD_NAMESPACE', 'SERVICE_ACCOUNT', 'HOST_IP'];

export const isVariableName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name);
