export const appPart = 1;
