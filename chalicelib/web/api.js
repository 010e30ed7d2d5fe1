export const apiPart = 1;
