export const count = (n: number, one: string, many: string) => `${n.toLocaleString()} ${n === 1 ? one : many}`;

export const names = (all: readonly string[]) => new Intl.ListFormat('en').format(all);
