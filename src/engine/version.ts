/** The version of the engine. It must be that of the SDK in package.json. */
export const engineVersion = '3.259.0'
