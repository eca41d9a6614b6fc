import { describe, expect, test } from 'vitest';
import { listenerProtocol, type PortNaming, protocolNamed, protocolOfPort } from './protocol.ts';

const port = (name: string, more: Partial<PortNaming> = {}): PortNaming => ({ number: 8000, name, ...more });

/** https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
describe('the protocol of a port', () => {
  test.each([
    ['http', 'http'],
    ['http-web', 'http'],
    ['HTTP2-api', 'http2'],
    ['grpc', 'grpc'],
    ['grpc-web', 'grpc-web'],
    ['grpc-web-ui', 'grpc-web'],
    ['grpc-webby', 'grpc'],
    ['https', 'https'],
    ['tcp-db', 'tcp'],
    ['mongo', 'mongo'],
    ['web', 'auto'],
    ['', 'auto'],
    ['constructor', 'auto'],
  ])('%s is %s', (name, expected) => expect(protocolOfPort(port(name))).toBe(expected));

  test('appProtocol wins over the name, the transport over both', () => {
    expect(protocolOfPort(port('tcp', { appProtocol: 'http' }))).toBe('http');
    expect(protocolOfPort(port('tcp', { appProtocol: 'kubernetes.io/h2c' }))).toBe('http2');
    expect(protocolOfPort(port('tcp', { appProtocol: 'kubernetes.io/wss' }))).toBe('https');
    expect(protocolOfPort(port('tcp', { appProtocol: 'own.example/thing' }))).toBe('auto');
    expect(protocolOfPort(port('http', { transport: 'UDP' }))).toBe('udp');
  });

  test('servers that speak first are not sniffed on their usual ports', () => {
    for (const number of [25, 53, 3306, 27017]) expect(protocolOfPort(port('db', { number }))).toBe('tcp');
    expect(protocolOfPort(port('http', { number: 3306 }))).toBe('http');
  });

  test('names of the API, in any case', () => {
    expect(protocolNamed('HTTPS')).toBe('https');
    expect(protocolNamed('MySQL')).toBe('mysql');
    expect(protocolNamed('nothing')).toBeUndefined();
    expect(['http', 'tls', 'auto'].map((name) => listenerProtocol(name as 'http'))).toEqual(['http', 'tcp', 'auto']);
  });
});
