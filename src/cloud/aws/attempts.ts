/**
 * Attempts for a call that is throttled, of the SDK and of the provider: `AWS_MAX_ATTEMPTS`, or 12. Each pause is longer, up to 20 s in the
 * SDK and minutes in the provider. With the default of the provider, 25, a build whose credentials have expired would wait for about an hour,
 * because the provider takes that error for a wrong clock (https://github.com/hashicorp/terraform-provider-aws/issues/15618).
 */
export function findAttempts(): number {
  return Number(process.env.AWS_MAX_ATTEMPTS) || 12
}
