/** In place of the library that gives charts a document where there is no browser. */
export function parseHTML(_html: string): { readonly document: Document } {
  return { document };
}
