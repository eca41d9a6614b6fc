import { signal } from '@preact/signals';
import type { DashboardState } from '../../../src/dashboard/api-types.ts';

/** Where one is, as whom, and how well the page is informed; for every page. */
export const dashboardState = signal<DashboardState | undefined>(undefined);
