const shared = new WeakMap<object, Uint8Array | undefined>();

/** Types whose messages may be shared; Any are those with `@type`. Others are not looked up: that would cost more than it saves. */
export const shareable: ReadonlySet<string> = new Set(['google.protobuf.Any', 'envoy.config.route.v3.VirtualHost']);

/**
 * Marks a message that many resources hold, so that it is turned into bytes once: the metrics of a proxy stand in each of
 * its filter chains, and are most of its listeners; the hosts that did not change are most of a route configuration. The
 * object must not change any more.
 */
export function shareMessage<Message extends object>(message: Message): Message {
  shared.set(message, undefined);
  return message;
}

/** The bytes of a message that is shared; undefined for any other. */
export function sharedBytes(value: object, encode: () => Uint8Array): Uint8Array | undefined {
  if (!shared.has(value)) return undefined;
  const bytes = shared.get(value) ?? ownCopy(encode());
  shared.set(value, bytes);
  return bytes;
}

/** A few kilobytes of Node's pool would keep the whole block, which is many times as large, for as long as they live. */
function ownCopy(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
