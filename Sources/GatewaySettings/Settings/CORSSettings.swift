/// The `cors` block: with it the gateway answers preflights and the backend's own CORS header lines are removed.
package struct CORSSettings: Sendable, Equatable {
    /// Serialized origins, byte for byte as browsers send them (`null` may be among them), or `*` alone.
    package var origins: [Located<String>]
    /// What a preflight may ask for. `*` is not among them: a browser takes it literally with credentials.
    package var methods: [String] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    /// In lower case.
    package var headers: [String] = [
        "accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with",
    ]
    /// In lower case.
    package var exposedHeaders: [String] = []
    package var credentials = false
    /// Whole seconds for which a browser may remember the answer to a preflight. Chromium cuts it at two hours.
    package var maxAge: Duration = .seconds(86_400)

    package init(origins: [Located<String>]) { self.origins = origins }
}
