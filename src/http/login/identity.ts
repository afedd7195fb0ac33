import type { Identity } from '../../app/sessions.ts'

/** Claims of which a name is taken when the site's own is not there (OpenID Connect Core §5.1). */
const OTHER_NAMES = ['preferred_username', 'email'] as const

/**
 * Who somebody is, by the claims of an ID token that was checked. A claim of groups is a list of texts or one text; what
 * else it may be gives no group.
 */
export function identityOf(
  claims: Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string },
  { groupsClaim, nameClaim }: { readonly groupsClaim: string; readonly nameClaim: string },
): Identity {
  const groups = claims[groupsClaim]
  const names = [nameClaim, ...OTHER_NAMES].map((claim) => claims[claim])
  return {
    issuer: claims.iss,
    subject: claims.sub,
    name: (names.find((name) => typeof name === 'string' && name !== '') as string | undefined) ?? claims.sub,
    groups: (Array.isArray(groups) ? groups : [groups]).filter((group) => typeof group === 'string'),
  }
}
