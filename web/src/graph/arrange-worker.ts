import { type ArrangeRequest, arrange } from './arrange.ts';

/** Hundreds of nodes take dagre a second or more: apart from the page, which goes on moving meanwhile. */
self.onmessage = ({ data }: MessageEvent<ArrangeRequest>) => self.postMessage(arrange(data));
