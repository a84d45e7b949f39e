import type { Page } from "@playwright/test";

/** One pixel of a thumbnail is the mean of a square of so many. */
const SQUARE = 8;

export interface Thumbnail {
  /** PNG. */
  readonly image: Buffer;
  readonly colourCount: number;
}

/** Runs in the browser, which can read and write PNG. */
const SHRINK = `async ({ source, square }) => {
  const full = await createImageBitmap(await (await fetch("data:image/png;base64," + source)).blob());
  const canvas = new OffscreenCanvas(Math.ceil(full.width / square), Math.ceil(full.height / square));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(full, 0, 0, canvas.width, canvas.height);
  const pixels = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
  return { image: btoa(String.fromCharCode(...bytes)), colourCount: new Set(pixels).size };
}`;

/**
 * A screenshot made so small that how a machine smooths the edges of its letters no longer shows, while what has moved by half a
 * square or changed its colour does.
 */
export async function thumbnailOf(page: Page, screenshot: Buffer): Promise<Thumbnail> {
  const input = JSON.stringify({ source: screenshot.toString("base64"), square: SQUARE });
  const shrunk = await page.evaluate<{ image: string; colourCount: number }>(`(${SHRINK})(${input})`);
  return { image: Buffer.from(shrunk.image, "base64"), colourCount: shrunk.colourCount };
}
