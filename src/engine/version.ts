/** The engine and its SDK go together: this is also the version in package.json. */
export const engineVersion = '3.259.0'
