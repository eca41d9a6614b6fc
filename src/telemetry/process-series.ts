import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** The process itself: CPU, memory, open files, heap and the lag of the event loop; and which version it is of. */
export function registerProcess(registry: Registry, version: string): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const build = new Gauge({
    name: 'istio_build',
    help: 'The version of this control plane.',
    labelNames: ['component', 'tag'],
    registers: [registry],
  });
  const limit = process.constrainedMemory();
  // Without a limit there is a number beyond all memory.
  if (limit > 0 && limit < 2 ** 50) {
    const help = 'What the process may use before it is killed.';
    new Gauge({ name: 'outrigger_memory_limit_bytes', help, registers: [registry] }).set(limit);
  }
  build.set({ component: 'pilot', tag: version }, 1);
}
