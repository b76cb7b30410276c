export function keepNodeOptions(options: string): string
