/** What the server writes at the head of the service worker. */
declare global {
  const VERSION: string;
  const FILES: readonly string[];
}
export {};
