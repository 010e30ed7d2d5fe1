export const domPart = 1;
