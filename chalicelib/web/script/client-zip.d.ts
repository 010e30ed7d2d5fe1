/** What the page uses of client-zip 2.5.1, after the declarations it comes with. */

export declare function downloadZip(files: AsyncIterable<{ name: string; input: Response }>): Response;
