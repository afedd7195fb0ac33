/** What of the statistics anybody may see. */
export interface PublicRules {
  /** Whether nobody has to say who they are. */
  readonly open: boolean
  /** The smallest count that is told. */
  readonly smallest: number
  /** Departments of fewer users are told with all that is in no department. */
  readonly departmentUsers: number
}
