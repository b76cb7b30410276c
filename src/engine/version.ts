/** The version of the engine. It must equal the version of the SDK in package.json. */
export const engineVersion = '3.259.0'
