/** What tests use of a package that has no types. */
declare module 'node-netconf' {
  export interface Settings {
    readonly host: string
    readonly port: number
    readonly username: string
    readonly password?: string
    /** a private key */
    readonly pkey?: string
  }
  export class Client {
    constructor(settings: Settings)
    open(callback: (error: Error | null) => void): void
    rpc(request: unknown, callback: (error: Error | null, reply: unknown) => void): void
    close(callback?: (error: Error | null) => void): void
  }
}
