/** Names of domains, policies and the like, which become parts of cell ids, columns and names of files. */
export const NAME_FORM = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;
