/** An error with a message for the user, the exit code, and what to do. */
export function failure(message, exitCode, hint) {
  return Object.assign(new Error(message), { exitCode, hint })
}
