/** An error with a message for the user, an exit code and a hint. */
export function failure(message, exitCode, hint) {
  return Object.assign(new Error(message), { exitCode, hint })
}
