export { until } from '../../src/playground/pod-runner/until.ts';
